//! Templates of texts that hold a secret.

use super::generated::Family;

#[rustfmt::skip]
pub(super) const FAMILIES: &[Family] = &[
    Family { name: "token by prefix", templates: &[
        "export GITHUB_TOKEN=ghp_{a36}", "token: glpat-{a20}", "AWS_ACCESS_KEY_ID=AKIA{u16}", "slack = xoxb-{d12}-{d12}-{a24}",
        "//registry.npmjs.org/:_authToken=npm_{a36}", "const stripe = require('stripe')('sk_live_{a24}');", "hf_{a34}", "key: AIza{a35}",
        "DIGITALOCEAN=dop_v1_{h64}", "dckr_pat_{a27}", "shpat_{h32}", "NRAK-{u27}", "SG.{a22}.{a43}", "lin_api_{a40}", "rubygems_{h48}",
        "PMAK-{h24}-{h34}", "https://hooks.slack.com/services/T{u8}/B{u8}/{a24}", "{d10}:AAF{a32}", "age: AGE-SECRET-KEY-1{u58}", "dp.pt.{a43}",
        "pul-{h40}", "sntrys_{b64}", "figd_{a40}", "tskey-auth-{a12}-{a20}", "xkeysib-{h64}-{a16}", "pscale_tkn_{a43}", "sk-ant-api03-{a93}AA",
    ] },
    Family { name: "service and key", templates: &[
        "datadog_api_key: {h32}", "ALGOLIA_ADMIN_KEY={h32}", "heroku api key: {g}", "twilio.auth_token = '{h32}'", "curl -H 'Fastly-Key: {a32}' https://api.fastly.com",
        "cloudflare_api_token = \"{a40}\"", "<add key=\"MailgunApiKey\" value=\"{h32}-{h8}-{h8}\"/>", "okta_token: 00{a40}", "trello secret {h64}",
        "# dropbox\ntoken {a64}", "codecov: token={g}", "{\"mapbox\": {\"access_token\": \"{a60}\"}}", "plaid secret is {h30}", "zendesk_secret_key=\"{a40}\"",
    ] },
    Family { name: "assignment, machine made", templates: &[
        "api_key = \"{a32}\"", "\"client_secret\": \"{a40}\"", "SECRET_KEY = '{b50}'", "secret: {b43}=", "auth_token={h40}", "private String accessKey = \"{a20}\";",
        "encryption-key: {h64}", "let token = \"{a24}\";", "JWT_SECRET={b64}", "x-api-key: {a40}", "apiKey: '{g}'", "$secret = \"{a16}\";", "session_secret: {w16}",
        "password: {w10}", "db_pass = '{w8}'", "ADMIN_PWD={l10}", "salt = \"{a16}\"", "nonce: '{b22}'", "ldap.bind.password={a12}",
    ] },
    Family { name: "assignment, chosen by people", templates: &[
        "password = \"{p}\"", "passwd: {p}", "DB_PASSWORD={p}", "{\"user\": \"bob\", \"password\": \"{p}\"}", "$config['password'] = '{p}';", "String pwd = \"{p}\";",
        "<password>{p}</password>", "spring.datasource.password={p}", "the password is {p}", "Passwort: {p}", "mot de passe : {p}",
    ] },
    Family { name: "command line", templates: &[
        "mysql -h db -u root -p{p} shop", "curl -u admin:{p} https://x.test", "sshpass -p {p} ssh root@10.0.0.1", "tool --password {p} --verbose", "PGPASSWORD={p} psql -h db",
        "redis-cli -h r -a {a16} ping", "docker login -u bob -p {p} registry.test", "curl -H \"Authorization: Bearer {a40}\" https://x.test",
    ] },
    Family { name: "connection", templates: &[
        "postgres://app:{a12}@db.internal:5432/app", "mongodb+srv://app:{p}@cluster0.abc.mongodb.net/x", "Server=db;Database=x;User Id=sa;Password={p};", "amqp://svc:{a16}@mq:5672/",
        "DefaultEndpointsProtocol=https;AccountName=acc;AccountKey={b86}==;EndpointSuffix=core.windows.net", "Endpoint=sb://x.servicebus.windows.net/;SharedAccessKeyName=Root;SharedAccessKey={b43}=",
        "https://bob:{a20}@git.test/x.git", "redis://:{a16}@cache:6379/0",
    ] },
    Family { name: "key and hash", templates: &[
        "-----BEGIN RSA PRIVATE KEY-----\n{b64}\n{b64}\n-----END RSA PRIVATE KEY-----", "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiI{a24}.{a43}",
        "bob:$apr1${a8}${a22}", "root:$6${a8}${a86}:18000:0:99999:7:::", "hash = '$2b$12${a53}'",
    ] },
];

#[rustfmt::skip]
pub(super) const HELD_OUT: &[Family] = &[
    Family { name: "other languages", templates: &[
        "my $password = '{p}';", "$cred = ConvertTo-SecureString \"{p}\" -AsPlainText -Force", "credentials { username 'bob'; password '{p}' }", "(def api-key \"{a32}\")",
        "password <- \"{p}\"", "local secret = \"{a32}\"", "static const char *kApiKey = \"{a32}\";", "password = ~s({p})", "val token: String = \"{a32}\"", "@password = \"{p}\"",
        "Const ApiKey As String = \"{a32}\"", "config :app, secret_key_base: \"{a64}\"", "set password=\"{p}\"", "PASSWORD EQU '{p}'", "NSString *apiSecret = @\"{a32}\";",
    ] },
    Family { name: "other files", templates: &[
        "machine api.test login bob password {p}", "db.test:5432:app:bob:{p}", "resource \"aws_db_instance\" \"x\" {\n  password = \"{p}\"\n}", "[ftp]\nuser=bob\npass={p}\n",
        "apiVersion: v1\nkind: Secret\ndata:\n  password: {b24}\n", "      - POSTGRES_PASSWORD={p}", "<property name=\"password\">{p}</property>", "<connection user=\"bob\" password=\"{p}\"/>",
        "proxy_set_header Authorization \"Basic {b32}\";", "Environment=\"API_TOKEN={a32}\"", "ansible_become_pass: {p}", "requirepass {a20}", "wpa_passphrase={p}", "{\"auths\": {\"r.test\": {\"auth\": \"{b36}\"}}}",
        "[Interface]\nPrivateKey = {b43}=", "secret_id = \"{g}\"", "rpcpassword={a24}", "identified by '{p}'", "CREATE USER bob WITH PASSWORD '{p}';", "| root | password | {p} |",
    ] },
    Family { name: "other services", templates: &[
        "acme_cloud_token: {h40}", "SNOWPLOW_API_SECRET={a32}", "X-Widget-Token: {a24}", "tableau personal access token {a22}==:{a32}", "ZUORA_CLIENT_SECRET='{b40}'", "curl 'https://api.weather.test/v1?appid={h32}'",
        "GET /v2/x?access_token={a40}", "otx_api_key = {h64}", "fingerprint_secret: {a20}", "\"apikey\" : \"{l32}\"", "wx_appsecret={h32}", "ding robot access_token={h64}",
    ] },
    Family { name: "log lines and prose", templates: &[
        "2024-05-01 12:00:01 DEBUG login user=bob password={p} ip=10.0.0.1", "INFO sending header {Authorization=[Bearer {a40}]}", "Hi, the new wifi password is {p} - please do not share", "use {p} as the password",
        "my api key is {a32}, what is wrong?", "La contraseña es {p}", "credentials: bob / {p}", "user: bob pass: {p}", "ERROR bad token '{a32}' for client",
    ] },
];
