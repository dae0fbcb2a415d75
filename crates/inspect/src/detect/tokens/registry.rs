//! Package and image registries. From the services' own documentation; where a length has changed over the years the range covers both.

use super::Alphabet::{Alphanumeric, Base64, Dotted, Hex, Lower, Url, Uuid, Word};
use super::{REST_MAX, Token, row, weak};

#[rustfmt::skip]
pub(super) const TOKENS: &[Token] = &[
    row("npm_", "secret.npm_token", Alphanumeric, (36, 36)),
    row("NpmToken.", "secret.nexus_token", Uuid, (36, 36)),
    row("pypi-AgEIcHlwaS5vcmc", "secret.pypi_token", Url, (40, REST_MAX)),
    row("pypi-AgENdGVzdC5weXBpLm9yZw", "secret.pypi_token", Url, (40, REST_MAX)),
    row("pypi-", "secret.pypi_token", Url, (85, REST_MAX)),
    row("rubygems_", "secret.rubygems_key", Hex, (48, 48)),
    row("oy2", "secret.nuget_key", Lower, (43, 43)),
    weak("cio", "secret.crates_token", Alphanumeric, (32, 32)),
    row("packagist_", "secret.packagist_token", Word, (30, 120)),
    row("AKCp", "secret.artifactory_key", Alphanumeric, (60, 80)),
    row("cmVmdGtuO", "secret.artifactory_token", Base64, (50, 60)),
    row("dckr_pat_", "secret.docker_token", Url, (27, 27)),
    row("dckr_oat_", "secret.docker_token", Url, (27, 36)),
    row("CLOJARS_", "secret.clojars_token", Hex, (60, 60)),
    row("jsrp_", "secret.jsr_token", Alphanumeric, (40, 60)),
    row("jsrd_", "secret.jsr_token", Alphanumeric, (40, 60)),
    row("ovsxp_", "secret.openvsx_token", Uuid, (36, 36)),
    row("ovsxat_", "secret.openvsx_token", Uuid, (36, 36)),
    row("jfrt@", "secret.artifactory_token", Dotted, (60, REST_MAX)),
];
