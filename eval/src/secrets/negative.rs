//! Templates of texts that only look as if they held a secret.

use super::generated::Family;

#[rustfmt::skip]
pub(super) const FAMILIES: &[Family] = &[
    Family { name: "placeholder", templates: &[
        "password = \"changeme\"", "API_KEY=your-api-key-here", "token: <your token>", "secret = ${SECRET}", "password: \"********\"", "api_key = 'xxxxxxxxxxxxxxxxxxxx'", "AKIAIOSFODNN7EXAMPLE",
        "client_secret: REPLACE_ME", "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "token = \"1234567890abcdef1234567890abcdef\"", "password = 'password123'", "https://user:password@example.com/", "secret: {{ vault_secret }}",
    ] },
    Family { name: "code about secrets", templates: &[
        "password = request.form['password']", "token = get_token(user)", "if (!apiKey) throw new Error('missing')", "String password = System.getenv(\"DB_PASSWORD\");", "def check_password(self, password):",
        "this.password = password;", "const { token } = useAuth();", "password: Joi.string().min(8).required()", "secret = self.config.get('secret')", "tokens = tokenizer.encode(text)", "\"password\": \"Password\",",
        "<input type=\"password\" name=\"password\" placeholder=\"Enter your password\">", "key = cache_key_for(user, 'profile')", "PASSWORD_HASHERS = ['django.contrib.auth.hashers.PBKDF2PasswordHasher']",
    ] },
    Family { name: "digest and id", templates: &[
        "commit {h40}", "sha256:{h64}", "\"integrity\": \"sha512-{b86}==\"", "request_id={g}", "etag: \"{h32}\"", "md5 = \"{h32}\"", "id: {g}", "checksum = \"{h64}\"", "trace_id: {h32}", "- uses: actions/checkout@{h40}",
        "image: nginx@sha256:{h64}", "\"_id\": \"{h24}\"", "\"resolved\": \"https://registry.npmjs.org/x/-/x-1.0.0.tgz#{h40}\"", "uuid = '{g}'", "build {h12} finished in 12345 ms", "ISBN 978-3-16-148410-0",
    ] },
    Family { name: "public key and picture", templates: &[
        "-----BEGIN PUBLIC KEY-----\n{b64}\n-----END PUBLIC KEY-----", "ssh-rsa AAAAB3NzaC1yc2E{b64}{b64} bob@host", "public_key = \"{b43}=\"", "-----BEGIN CERTIFICATE-----\n{b64}\n{b64}\n-----END CERTIFICATE-----",
        "background: url(data:image/png;base64,iVBORw0KGgo{b64}{b64})", "fingerprint: SHA256:{b43}",
    ] },
];

#[rustfmt::skip]
pub(super) const HELD_OUT: &[Family] = &[
    Family { name: "other code", templates: &[
        "var pwd = document.getElementById('pwd').value;", "passwordEncoder.encode(rawPassword)", "@Column(name = \"password\")", "token := r.Header.Get(\"X-Auth-Token\")", "public static final String TOKEN = \"token\";",
        "secretKeyRef:\n  name: app-secrets\n  key: db-password", "errors.add(:password, 'is too short')", "self.assertRaises(TokenError, parse, 'abc')", "!function(e,t){var n=t.key,r=e.token;return n+r}(a,b);",
        "Please enter your password to continue", "Forgot your password? Click here to reset it.", "type Token struct { Kind TokenKind; Text string }", "case TOKEN_STRING: return parse_string(p);", "--password-stdin", "KEY `idx_user_id` (`user_id`)",
        "password.label=Kennwort eingeben", "<string name=\"password_hint\">At least eight characters</string>", "key_size = 2048", "AUTH_USER_MODEL = 'accounts.User'", "token_expiry_seconds: 86400",
    ] },
    Family { name: "other digests and ids", templates: &[
        "serde v1.0.228 (registry+https://github.com/rust-lang/crates.io-index) {h64}", "ETag: W/\"{h32}\"", "index {h7}..{h7} 100644", "arn:aws:iam::{d12}:role/app", "\"nodeId\": \"{a24}\"", "x-request-id: {g}", "go.sum h1:{b43}=",
        "docker.io/library/redis@sha256:{h64}", "session started, id {h16}", "chunk-{h8}.js", "--hash=sha256:{h64}", "order {d12} shipped as 1Z{u16}", "https://www.youtube.com/watch?v={a11}", "Subject Key Identifier: {h40}",
    ] },
    Family { name: "other placeholders", templates: &[
        "OPENAI_API_KEY=sk-...", "password=<PASSWORD>", "token: \"TOKEN_GOES_HERE\"", "api_key: \"YOUR_API_KEY\"", "secret: dummy-secret-for-tests", "DB_PASSWORD=%DB_PASSWORD%", "token=$TOKEN", "password: !secret db_password", "api-key: [REDACTED]",
        "SECRET_KEY=insert-your-secret-key", "Authorization: Bearer <token>", "mysql://user:pass@localhost/db", "sk_test_XXXXXXXXXXXXXXXXXXXXXXXX", "AKIAXXXXXXXXXXXXXXXX", "password = \"\"", "auth_token: null",
    ] },
];
