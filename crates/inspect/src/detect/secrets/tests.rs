//! What is a secret and what only looks like one, a line each.

use crate::detect::tests::{check, noise, spans};

#[test]
fn values_by_their_name() {
    spans("password = \"hunter2!\"", &[("secret.generic", "hunter2!")]);
    spans("DB_PASSWORD=s3cr3tValue9\n", &[("secret.generic", "s3cr3tValue9")]);
    spans("{\"password\": \"Tr0ub4dor&3\"}", &[("secret.generic", "Tr0ub4dor&3")]);
    spans(r#"{\"password\": \"Tr0ub4dor&3\"}"#, &[("secret.generic", "Tr0ub4dor&3")]);
    spans("The password is Winter2024!.", &[("secret.generic", "Winter2024!")]);
    check(&format!("api_key: {}", noise(32)), &["secret.generic"]);
    check(&format!("client_secret='{}'", noise(24)), &["secret.generic"]);
    check("密码是Winter2024", &["secret.generic"]);
}

#[test]
fn values_in_all_kinds_of_files() {
    for (text, value) in [
        ("spring.datasource.password=dkwuqpzx", "dkwuqpzx"),
        ("db:\n  user: app\n  password: Vq8rT2mz\n", "Vq8rT2mz"),
        ("<server><password>jd83hfkw</password></server>", "jd83hfkw"),
        ("<add key=\"ApiPassword\" value=\"jd83hfkw!\" />", "jd83hfkw!"),
        ("<key>Password</key>\n  <string>jd83hfkw!</string>", "jd83hfkw!"),
        ("- name: DB_PASSWORD\n  value: \"jd83hfkw!\"\n", "jd83hfkw!"),
        ("ENV APP_SECRET k3Jd9sLq02mXnB4vC7zQ", "k3Jd9sLq02mXnB4vC7zQ"),
        ("define('DB_PASSWORD', 'jd83hfkw!');", "jd83hfkw!"),
        ("conn.setPassword(\"jd83hfkw!\");", "jd83hfkw!"),
        ("let password: &str = \"jd83hfkw!\";", "jd83hfkw!"),
        ("password := \"jd83hfkw!\"", "jd83hfkw!"),
        ("'secret' => 'k3Jd9sLq02mXnB4v',", "k3Jd9sLq02mXnB4v"),
        ("Server=db;User Id=sa;Password=Jd83!hfkw;Encrypt=true", "Jd83!hfkw"),
        (
            "AccountName=a;AccountKey=k3Jd9sLq02mXnB4vC7zQ1wE5rT8yU6iOk3Jd9sLq02mXnB4vC7zQ1w==;",
            "k3Jd9sLq02mXnB4vC7zQ1wE5rT8yU6iOk3Jd9sLq02mXnB4vC7zQ1w==",
        ),
        ("GET /v1?user=a&api_key=k3Jd9sLq02mXnB4v&x=1", "k3Jd9sLq02mXnB4v"),
        ("X-Api-Key: k3Jd9sLq02mXnB4vC7zQ", "k3Jd9sLq02mXnB4vC7zQ"),
        ("pw = os.getenv(\"DB_PASSWORD\", \"jd83hfkw!\")", "jd83hfkw!"),
        ("password: ${DB_PASSWORD:jd83hfkw!}", "jd83hfkw!"),
        ("tool --password jd83hfkw! --host x", "jd83hfkw!"),
        ("export PGPASSWORD=jd83hfkw", "jd83hfkw"),
        ("machine h login u password jd83hfkw9", "jd83hfkw9"),
        ("auth = Secret(\"k3Jd9sLq02mXnB4v\")", "k3Jd9sLq02mXnB4v"),
        ("private String token = \"k3Jd9sLq02mXnB4v\";", "k3Jd9sLq02mXnB4v"),
        ("if password == \"jd83hfkw!\":", "jd83hfkw!"),
        ("password = \"admin123\"", "admin123"),
        ("passwd: Summer2024!", "Summer2024!"),
        ("Das Passwort lautet Sommer2024!", "Sommer2024!"),
        ("**Password**: jd83hfkw!", "jd83hfkw!"),
        ("nonce: 'k3Jd9sLq02mX'", "k3Jd9sLq02mX"),
    ] {
        spans(text, &[("secret.generic", value)]);
    }
}

#[test]
fn command_lines() {
    for (text, value) in [
        ("curl -u admin:jd83hfkw https://x.test/", "jd83hfkw"),
        ("curl --user 'admin:jd83hfkw!' https://x.test/", "jd83hfkw!"),
        ("mysql -h db -u root -pjd83hfkw shop", "jd83hfkw"),
        ("sshpass -p 'jd83hfkw' ssh x", "jd83hfkw"),
        ("redis-cli -h x -a jd83hfkw ping", "jd83hfkw"),
        ("tool -u me -p Kd8!rT2mzQ run", "Kd8!rT2mzQ"),
        ("smbclient //x/y -U bob%jd83hfkw", "jd83hfkw"),
    ] {
        spans(text, &[("secret.generic", value)]);
    }
    for text in [
        "mkdir -p /a/b/c1",
        "docker run -p 8080:80 x",
        "curl -u \"$USER:$PASSWORD\" x",
        "mysql -u root -p shop",
        "nmap -p 22,80 x",
    ] {
        check(text, &[]);
    }
}

#[test]
fn arguments_of_calls() {
    spans("client.login(\"bob\", \"jd83hfkw\")", &[("secret.generic", "jd83hfkw")]);
    spans("requests.get(url, auth=('bob', 'jd83hfkw'))", &[("secret.generic", "jd83hfkw")]);
    check("client.login(\"bob\", password)", &[]);
    check("client.login(\"user\", \"password\")", &[]);
    check("socket.connect(\"localhost\", \"8080\")", &[]);
}

#[test]
fn values_beside_their_names() {
    let value = "k3Jd9sLq02mXnB4vC7zQ1wE5";
    spans(&format!("<input value=\"{value}\" name=\"api_key\">"), &[("secret.generic", value)]);
    spans(&format!("Unseal Key 1: {value}="), &[("secret.generic", &format!("{value}="))]);
    spans(&format!("{{\"method\": \"login_with_api_key\", \"params\": [\"{value}\"]}}"), &[("secret.generic", value)]);
    check(
        "https://x.blob.core.windows.net/c?sv=2020-08-04&sig=k3Jd9sLq02mXnB4vC7zQ1wE5rT8yU6iO0pA9sD2fGh4%3D",
        &["secret.azure_sas"],
    );
    check("db.test:5432:app:bob:jd83hfkw", &["secret.generic"]);
    check("https://k3Jd9sLq02mXnB4vC7zQ1wE5rT8y@git.test/x.git", &["secret.url_credential"]);
}

#[test]
fn hashes_of_passwords() {
    check("admin:$apr1$k3Jd9sLq$02mXnB4vC7zQ1wE5rT8yU6", &["secret.password_hash"]);
    check(
        "root:$6$k3Jd9sLq$02mXnB4vC7zQ1wE5rT8yU602mXnB4vC7zQ1wE5rT8yU6:18000:0:99999:7:::",
        &["secret.password_hash"],
    );
    check("\"$2b$12$k3Jd9sLq02mXnB4vC7zQ1wE5rT8yU602mXnB4vC7zQ1wE5rT8yU6\"", &["secret.password_hash"]);
    check("cost is $1$ or $6$ today", &[]);
}

#[test]
fn a_pair_of_cloud_keys() {
    check(
        "aws_access_key_id = AKIA2J3K4L5M6N7P8Q9R\naws_secret_access_key = k3Jd9sLq02mXnB4vC7zQ1wE5rT8yU6iO0pA9sD2f",
        &["secret.aws_access_key", "secret.aws_secret_key"],
    );
    check("aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", &[]);
}

#[test]
fn services_without_a_prefix() {
    check("datadog: api_key d41d8cd98f00b204e9800998ecf8427e", &["secret.datadog_key"]);
    check("HEROKU_API_KEY=12345678-9abc-4ef0-8234-56789abcdef1", &["secret.heroku_key"]);
    check("we moved from datadog to a better service last year", &[]);
    check("image: datadog/agent@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", &[]);
}

#[test]
fn what_only_speaks_of_secrets_holds_none() {
    for text in [
        "password = os.environ[\"DB_PASSWORD\"]",
        "password: string;",
        "password == other.password",
        "password: <your password>",
        "API_KEY=your-api-key-here-12345",
        "api_key = config.get(\"api_key\")",
        "\"password\": \"********\"",
        "max_tokens: 4096000000000",
        "the secret is to keep calm",
        "token: ${{ secrets.GITHUB_TOKEN }}",
        "the password is required",
        "const token = useToken(\"abc12345\")",
        "secret_key: /run/secrets/key1",
        "password = getPassword()",
        "\"password\": \"Password\"",
        "\"password\": \"Mot de passe\"",
        "String password = request.getParameter(\"password\");",
        "password = user.password.encode('utf-8')",
        "passwordField.setText(\"\")",
        "<label for=\"password\">Password</label>",
        "def login(self, username, password):",
        "password = data['password']",
        "token = tokens[i + 1]",
        "key = 'user-settings-theme'",
        "\"key\": \"d41d8cd98f00b204e9800998ecf8427e\"",
        "\"integrity\": \"sha512-k3Jd9sLq02mXnB4vC7zQ1wE5rT8yU6iOk3Jd9sLq02mXnB4vC7zQ1w==\"",
        "secretName: my-app-tls",
        "secretKeyRef:\n  name: db-credentials\n  key: password",
        "password: !vault |",
        "PASSWORD=$(cat /run/secrets/db)",
        "token_url = \"https://auth.test/oauth/token\"",
        "password = \"test123\"",
        "public_key = \"k3Jd9sLq02mXnB4vC7zQ1wE5rT8yU6iO\"",
        "self.assertEqual(token.type, Token.NAME)",
        "password=\"password123\"",
        "\"minipass\": \"^7.1.3\"",
        "\"AWS::IAM::AccessKey\": \"72c2d9dd90025459\"",
        "const DOMAIN_PASSWORD_PROPERTIES: u32 = 8u32;",
        "password = password.encode(\"latin1\")",
        "Pass `verbosity=1` to see more",
        "OID_PASSWORD = ObjectIdentifier(\"1.2.840.113549.1.9.7\")",
        "git log -p fd68f8f5e33f4cecea4fdb7abc5ee19c12f138f0",
        "the passphrase cache\\.$",
        "fastcgi_pass unix:/run/php/php7.4-fpm.sock;",
        "private_key_path = \"~/.ssh/id_rsa\"",
    ] {
        check(text, &[]);
    }
}
