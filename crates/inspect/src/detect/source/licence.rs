//! Licence headers: whose code it is and under which terms. Needs the whole text.

use crate::scan::Scan;

/// Reports the licence whose telling phrase stands at `start`, to the end of its line.
pub(crate) fn licence(scan: &mut Scan<'_>, start: usize) {
    if !scan.whole {
        return;
    }
    let text = scan.text;
    let known = LICENCES.iter().find(|(phrase, _)| text.has(start, phrase.to_ascii_lowercase().as_bytes()));
    let Some((_, detector)) = known else { return };
    let end = text.run(start, LINE_BYTES_MAX, |byte| byte >= b' ' && byte != 0x7f);
    // Never inside a character.
    let end = end - text.cut(start, end).iter().rev().take_while(|byte| !byte.is_ascii()).count();
    scan.hit(start, end, "code.licence", 0.9, detector);
}

/// Telling phrases of licence headers, and the detector that a finding names.
pub(crate) const LICENCES: &[(&str, &str)] = &[
    ("SPDX-License-Identifier:", "licence.spdx"),
    ("Licensed under the Apache License", "licence.apache"),
    ("Permission is hereby granted, free of charge", "licence.mit"),
    ("Redistribution and use in source and binary forms", "licence.bsd"),
    ("GNU General Public License", "licence.gpl"),
    ("GNU Lesser General Public License", "licence.lgpl"),
    ("GNU Affero General Public License", "licence.agpl"),
    ("Mozilla Public License", "licence.mpl"),
    ("Business Source License", "licence.busl"),
    ("Server Side Public License", "licence.sspl"),
    ("proprietary and confidential", "licence.proprietary"),
    ("confidential and proprietary", "licence.proprietary"),
    ("unpublished proprietary source", "licence.proprietary"),
    ("unauthorized copying of this file", "licence.proprietary"),
    ("unauthorised copying of this file", "licence.proprietary"),
    ("trade secrets of", "licence.proprietary"),
];

const LINE_BYTES_MAX: usize = 120;

#[cfg(test)]
mod tests {
    use crate::detect::tests::spans;

    #[test]
    fn headers_name_their_licence() {
        spans("// SPDX-License-Identifier: Apache-2.0\nx", &[("code.licence", "SPDX-License-Identifier: Apache-2.0")]);
        spans("under the terms of the GNU General Public License", &[("code.licence", "GNU General Public License")]);
        spans("This file is PROPRIETARY AND CONFIDENTIAL é", &[("code.licence", "PROPRIETARY AND CONFIDENTIAL ")]);
        spans("the licence of the driver is valid", &[]);
    }
}
