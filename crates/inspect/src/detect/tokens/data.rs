//! Databases, data platforms and search. From the services' own documentation; where a length has changed over the years the range covers both.

use super::Alphabet::{Alphanumeric, Base64, Colons, Dashed, Dotted, Hex, Lower, Url, Word};
use super::{REST_MAX, Token, row, weak};

#[rustfmt::skip]
pub(super) const TOKENS: &[Token] = &[
    row("pscale_tkn_", "secret.planetscale_token", Dotted, (32, 64)),
    row("pscale_pw_", "secret.planetscale_password", Dotted, (32, 64)),
    row("pscale_oauth_", "secret.planetscale_token", Dotted, (32, 64)),
    row("napi_", "secret.neon_key", Lower, (60, 70)),
    row("mdb_sa_sk_", "secret.mongodb_secret", Url, (30, 60)),
    row("fnAC", "secret.fauna_key", Url, (32, 40)),
    row("fnAD", "secret.fauna_key", Url, (32, 40)),
    row("fnAE", "secret.fauna_key", Url, (32, 40)),
    row("fnAF", "secret.fauna_key", Url, (32, 40)),
    row("xau_", "secret.xata_key", Alphanumeric, (30, 60)),
    row("CCDB1_", "secret.cockroachdb_key", Word, (50, 70)),
    weak("aivenv1", "secret.aiven_token", Base64, (60, REST_MAX)),
    row("AVNS_", "secret.aiven_password", Alphanumeric, (16, 30)),
    row("AstraCS:", "secret.datastax_token", Colons, (89, 89)),
    row("mzp_", "secret.materialize_password", Hex, (60, 70)),
    row("cflt", "secret.confluent_secret", Base64, (60, 60)),
    row("essu_", "secret.elastic_key", Base64, (60, 90)),
    weak("patA", "secret.airtable_token", Dotted, (76, 80)),
    weak("nc-", "secret.nocodb_token", Url, (36, 44)),
    weak("ver:1-hint:", "secret.snowflake_token", Dashed, (40, REST_MAX)),
];
