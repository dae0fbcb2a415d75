//! Mail and marketing. From the services' own documentation; where a length has changed over the years the range covers both.

use super::Alphabet::{Dashed, Dotted, Hex, Lower, Upper, Url, Word};
use super::{Token, row, weak};

#[rustfmt::skip]
pub(super) const TOKENS: &[Token] = &[
    row("SG.", "secret.sendgrid_key", Dotted, (20, 80)),
    weak("key-", "secret.mailgun_key", Hex, (32, 32)),
    weak("pubkey-", "secret.mailgun_key", Hex, (32, 32)),
    weak("md-", "secret.mandrill_key", Url, (22, 22)),
    weak("re_", "secret.resend_key", Word, (30, 40)),
    row("xkeysib-", "secret.brevo_key", Dashed, (64, 90)),
    row("xsmtpsib-", "secret.brevo_key", Dashed, (64, 90)),
    row("mlsn.", "secret.mailersend_token", Hex, (60, 80)),
    weak("pk_", "secret.klaviyo_key", Word, (34, 60)),
    row("os_v2_app_", "secret.onesignal_key", Lower, (80, 120)),
    row("os_v2_org_", "secret.onesignal_key", Lower, (80, 120)),
    weak("api-", "secret.smtp2go_key", Upper, (32, 32)),
    row("tfp_", "secret.typeform_token", Dotted, (40, 80)),
    weak("live_pub_", "secret.lob_key", Hex, (31, 35)),
    row("lob_live_", "secret.lob_key", Hex, (31, 40)),
];
