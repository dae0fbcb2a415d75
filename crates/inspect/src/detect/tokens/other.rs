//! Maps, media, home, translation and everything else. From the services' own documentation; where a length has changed over the years the range covers both.

use super::Alphabet::{Alphanumeric, Base64, Dotted, Hex, Url, Uuid};
use super::{REST_MAX, Token, row, weak};

#[rustfmt::skip]
pub(super) const TOKENS: &[Token] = &[
    row("sk.eyJ", "secret.mapbox_token", Dotted, (40, REST_MAX)),
    row("tk.eyJ", "secret.mapbox_token", Dotted, (40, REST_MAX)),
    row("pk.eyJ", "secret.mapbox_token", Dotted, (60, REST_MAX)),
    row("fsq3", "secret.foursquare_key", Base64, (44, 44)),
    row("waka_", "secret.wakatime_key", Uuid, (36, 36)),
    row("waka_sec_", "secret.wakatime_key", Alphanumeric, (60, 90)),
    row("waka_tok_", "secret.wakatime_key", Alphanumeric, (60, 90)),
    row("aio_", "secret.adafruit_key", Alphanumeric, (28, 28)),
    row("pk1_", "secret.porkbun_key", Hex, (64, 64)),
    row("sk1_", "secret.porkbun_key", Hex, (64, 64)),
    row("bpk-", "secret.builder_key", Hex, (32, 32)),
    weak("MC5", "secret.prismic_token", Dotted, (60, 120)),
    weak("1000.", "secret.zoho_token", Dotted, (65, 65)),
    row("papi-", "secret.personio_key", Uuid, (36, 36)),
    row("mint_dsc_", "secret.mintlify_key", Alphanumeric, (20, 60)),
    weak("mint_", "secret.mintlify_key", Alphanumeric, (22, 60)),
    row("dtn_", "secret.daytona_key", Hex, (60, 70)),
    weak("ubdc-", "secret.ubidots_token", Alphanumeric, (30, 40)),
    row("BBFF-", "secret.ubidots_token", Alphanumeric, (30, 36)),
    row("BBUS-", "secret.ubidots_token", Alphanumeric, (30, 36)),
    row("v2.local.", "secret.paseto_token", Url, (60, REST_MAX)),
    row("v4.local.", "secret.paseto_token", Url, (60, REST_MAX)),
    row("xprv9", "secret.bitcoin_private_key", Alphanumeric, (100, 112)),
    weak("zprv", "secret.bitcoin_private_key", Alphanumeric, (100, 112)),
];
