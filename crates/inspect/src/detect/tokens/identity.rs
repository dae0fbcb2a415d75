//! Identity, access, captcha and security services. From the services' own documentation; where a length has changed over the years the range covers both.

use super::Alphabet::{Alphanumeric, Base64, Dotted, Hex, Proxmox, Url, Word};
use super::{REST_MAX, Token, row, weak};

#[rustfmt::skip]
pub(super) const TOKENS: &[Token] = &[
    row("SSWS ", "secret.okta_token", Url, (40, 44)),
    row("secret-live-", "secret.stytch_secret", Base64, (36, 60)),
    row("secret-test-", "secret.stytch_secret", Base64, (36, 60)),
    row("jca_", "secret.jumpcloud_key", Alphanumeric, (30, 50)),
    row("ory_pat_", "secret.ory_token", Word, (30, 60)),
    row("ory_at_", "secret.ory_token", Dotted, (60, 120)),
    row("ory_rt_", "secret.ory_token", Dotted, (60, 120)),
    row("ory_st_", "secret.ory_token", Alphanumeric, (30, 60)),
    row("ory_apikey_", "secret.ory_token", Alphanumeric, (30, 60)),
    row("ory_wak_", "secret.ory_token", Alphanumeric, (30, 60)),
    row("ory_ac_", "secret.ory_token", Dotted, (60, 120)),
    row("5Aep861", "secret.salesforce_token", Dotted, (50, 120)),
    weak("0x4AAAAAAA", "secret.turnstile_key", Url, (20, 40)),
    weak("ES_", "secret.hcaptcha_secret", Hex, (32, 32)),
    row("p8e-", "secret.adobe_secret", Url, (32, 32)),
    weak("p8-", "secret.adobe_secret", Url, (32, 32)),
    weak("vat_", "secret.vanta_token", Url, (30, 80)),
    weak("vcs_", "secret.vanta_token", Url, (30, 80)),
    row("pck_", "secret.portcullis_key", Url, (16, REST_MAX)),
    row("ggtt-v-", "secret.gitguardian_token", Word, (40, 60)),
    row("gg_pat_", "secret.gitguardian_token", Alphanumeric, (40, 80)),
    row("PVEAPIToken=", "secret.proxmox_token", Proxmox, (36, 120)),
    row("logto_pat_", "secret.logto_token", Alphanumeric, (30, 60)),
];
