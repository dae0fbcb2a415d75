//! PDFs, written by hand and read.

use std::fmt::Write;

use crate::Unread;
use crate::child::office::tests::said;
use crate::child::read::document;

/// A PDF of these objects, numbered from 1; the first is the catalog.
fn pdf(objects: &[&str], trailer: &str) -> Vec<u8> {
    let mut file = "%PDF-1.7\n".to_owned();
    let mut places = Vec::new();
    for (index, object) in objects.iter().enumerate() {
        places.push(file.len());
        write!(file, "{} 0 obj\n{object}\nendobj\n", index + 1).unwrap();
    }
    let start = file.len();
    write!(file, "xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1).unwrap();
    for place in places {
        write!(file, "{place:010} 00000 n \n").unwrap();
    }
    write!(file, "trailer\n<< /Size {} /Root 1 0 R {trailer} >>\nstartxref\n{start}\n%%EOF\n", objects.len() + 1)
        .unwrap();
    file.into_bytes()
}

fn stream(dictionary: &str, content: &str) -> String {
    format!("<< {dictionary} /Length {} >>\nstream\n{content}\nendstream", content.len())
}

/// One page with this content, and more objects from 5 on.
fn page(content: &str, fonts: &str, more: &[&str], trailer: &str) -> Vec<u8> {
    let page = format!("<< /Type /Page /Parent 2 0 R /Contents 4 0 R /Resources << {fonts} >> >>");
    let content = stream("", content);
    let mut objects =
        vec!["<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [3 0 R] /Count 1 >>", &page, &content];
    objects.extend_from_slice(more);
    pdf(&objects, trailer)
}

const PLAIN: &str = "/Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >> >>";

#[track_caller]
fn check(file: &[u8], expected: &[(&str, &str)], unread: &[Unread]) {
    let said = said("application/pdf", file);
    let found: Vec<_> = said.parts.iter().map(|part| (part.place.as_str(), part.text.trim())).collect();
    assert_eq!(found, expected);
    assert_eq!(said.unread.iter().copied().collect::<Vec<_>>(), unread);
}

#[test]
fn words_and_lines_stand_as_they_are_drawn() {
    let check = |content: &str, expected: &str| check(&page(content, PLAIN, &[], ""), &[("page 1", expected)], &[]);
    check("BT /F1 12 Tf 72 700 Td (Patient) Tj 0 -14 Td (MRN 1) Tj ET", "Patient\nMRN 1");
    check("BT /F1 12 Tf [(Pat) 20 (ient) -400 (Jane)] TJ ET", "Patient Jane");
    check("BT /F1 10 Tf (P) Tj 6.8 0 Td (a) Tj 5.5 0 Td (t) Tj ET", "Pat");
    check("BT /F1 12 Tf 14 TL (a) Tj T* (b) Tj (c) ' ET", "a\nb\nc");
    check(
        "q 1 0 0 1 72 700 cm BT /F1 12 Tf (Jane) Tj ET Q q 1 0 0 1 110 700 cm BT /F1 12 Tf (Doe) Tj ET Q",
        "Jane Doe",
    );
    check("BT /F1 12 Tf 3 Tr (invisible) Tj ET", "invisible");
    check("BT /F1 12 Tf <4A6F73E9> Tj ET", "José");
}

#[test]
fn codes_are_read_by_the_map_of_their_font() {
    let map = stream("", "begincmap beginbfrange <0001> <0003> <0041> endbfrange");
    let composite = "/Font << /F1 << /Type /Font /Subtype /Type0 /Encoding /Identity-H /ToUnicode 5 0 R /DescendantFonts [<< /DW 600 >>] >> >>";
    let shown = "BT /F1 12 Tf <000100020003> Tj ET";
    check(&page(shown, composite, &[&map], ""), &[("page 1", "ABC")], &[]);
    let without = "/Font << /F1 << /Type /Font /Subtype /Type0 /Encoding /Identity-H >> >>";
    check(&page(shown, without, &[], ""), &[("page 1", "\u{fffd}\u{fffd}\u{fffd}")], &[Unread::Other]);
    let named = "/Font << /F1 << /Type /Font /Subtype /Type1 /Encoding << /Differences [1 /J /a /uni006E /e] >> >> >>";
    check(&page("BT /F1 12 Tf <01020304> Tj ET", named, &[], ""), &[("page 1", "Jane")], &[]);
    let nonsense = "/Font << /F1 << /Type /Font /Subtype /Type1 /Encoding << /Differences [1 /g17] >> >> >>";
    check(&page("BT /F1 12 Tf <01> Tj ET", nonsense, &[], ""), &[("page 1", "\u{fffd}")], &[Unread::Other]);
}

#[test]
fn what_stands_beside_the_pages_is_read() {
    let more = [
        "<< /Title (Report on \\(X\\)) /Author <FEFF004A006F> /CreationDate (D:20260101000000Z) >>",
        "<< /Type /Annot /Subtype /Text /Contents (call Jane) >>",
        "<< /FT /Tx /T (name) /V (Doe) >>",
        "<< /S /JavaScript /JS (app.alert\\(1\\)) >>",
    ];
    check(
        &page("BT /F1 12 Tf (a) Tj ET", PLAIN, &more, "/Info 5 0 R"),
        &[
            ("page 1", "a"),
            ("annotation", "call Jane"),
            ("form field", "name\nDoe"),
            ("metadata", "Report on (X)\nJo"),
            ("script", "app.alert(1)"),
        ],
        &[],
    );
}

#[test]
fn forms_are_read_drawn_or_not() {
    let form = stream("/Type /XObject /Subtype /Form", "BT /F1 12 Tf (in a form) Tj ET");
    let resources = format!("{PLAIN} /XObject << /X 5 0 R >>");
    check(&page("/X Do", &resources, &[&form], ""), &[("page 1", "in a form")], &[]);
    let own = stream(&format!("/Subtype /Form /Resources << {PLAIN} >>"), "BT /F1 12 Tf (undrawn) Tj ET");
    check(&page("BT /F1 12 Tf (a) Tj ET", PLAIN, &[&own], ""), &[("page 1", "a"), ("form", "undrawn")], &[]);
    let circle = stream("/Subtype /Form", "BT /F1 1 Tf (x) Tj ET /X Do /X Do");
    let said = said("", &page("/X Do", &resources, &[&circle], ""));
    assert!(said.unread.contains(&Unread::TooLarge));
}

#[test]
fn pictures_scans_and_outlines_are_said_to_be_unread() {
    let picture = stream("/Subtype /Image /Width 900 /Height 900", "x");
    let resources = format!("{PLAIN} /XObject << /X 5 0 R >>");
    check(&page("/X Do", &resources, &[&picture], ""), &[], &[Unread::Image]);
    check(&page("/X Do BT /F1 9 Tf (a) Tj ET", &resources, &[&picture], ""), &[("page 1", "a")], &[Unread::Image]);
    check(&page("0 0 m 9 9 l S", "", &[], ""), &[], &[Unread::Image]);
    let outlines = format!("BT /F1 9 Tf (a) Tj ET {}", "1 2 3 4 5 6 c ".repeat(2_000));
    check(&page(&outlines, PLAIN, &[], ""), &[("page 1", "a")], &[Unread::Image]);
    let spacer = stream("/Subtype /Image /Width 1 /Height 1", "x");
    check(&page("BT /F1 9 Tf (a) Tj ET", PLAIN, &[&spacer], ""), &[("page 1", "a")], &[]);
}

#[test]
fn attached_files_are_read() {
    let file = stream("/Type /EmbeddedFile /Subtype /text#2Fplain", "in a file");
    check(
        &page("BT /F1 9 Tf (a) Tj ET", PLAIN, &[&file], ""),
        &[("page 1", "a"), ("attached file 5, text", "in a file")],
        &[],
    );
}

#[test]
fn encrypted_and_broken_files_are_said_to_be_unread() {
    let lock = "<< /Filter /Standard /V 1 /R 2 /O <0000000000000000000000000000000000000000000000000000000000000000> /U <0000000000000000000000000000000000000000000000000000000000000000> /P -4 >>";
    let locked = page("BT /F1 9 Tf (a) Tj ET", PLAIN, &[lock], "/Encrypt 5 0 R /ID [<00> <00>]");
    check(&locked, &[], &[Unread::Encrypted]);
    check(b"%PDF-1.7\nnothing", &[], &[Unread::Other]);
    check(&page("BT /F1 9 Tf (a) Tj ET \x01 ) ] >> (b", PLAIN, &[], ""), &[("page 1", "a")], &[Unread::Other]);
}

#[test]
fn bombs_are_not_unpacked_beyond_the_limit() {
    let mut packed = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    std::io::Write::write_all(&mut packed, &vec![b' '; 200 << 20]).unwrap();
    let packed = packed.finish().unwrap();
    let mut file = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n2 0 obj\n<< /Type /Pages /Kids [3 0 R] /Count 1 >>\nendobj\n3 0 obj\n<< /Type /Page /Parent 2 0 R /Contents 4 0 R >>\nendobj\n".to_vec();
    let at = |file: &[u8], name: &[u8]| file.windows(name.len()).position(|window| window == name).unwrap();
    let places: Vec<usize> = [&b"1 0 obj"[..], b"2 0 obj", b"3 0 obj"].iter().map(|name| at(&file, name)).collect();
    let fourth = file.len();
    file.extend(format!("4 0 obj\n<< /Filter /FlateDecode /Length {} >>\nstream\n", packed.len()).bytes());
    file.extend(&packed);
    let start = file.len() + b"\nendstream\nendobj\n".len();
    file.extend(b"\nendstream\nendobj\nxref\n0 5\n0000000000 65535 f \n");
    for place in places.into_iter().chain([fourth]) {
        file.extend(format!("{place:010} 00000 n \n").bytes());
    }
    file.extend(format!("trailer\n<< /Size 5 /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n").bytes());
    check(&file, &[], &[Unread::TooLarge]);
}

#[test]
fn any_bytes_are_read_without_a_panic() {
    let whole = page("BT /F1 12 Tf 72 700 Td [(Pat) -9 <69>] TJ ET", PLAIN, &["<< /Title (a) >>"], "/Info 5 0 R");
    let mut out = crate::child::collector::Collector::new(1 << 16);
    for at in 0..whole.len() {
        document("", &whole[..at], &mut out);
        let mut bent = whole.clone();
        bent[at] = bent[at].wrapping_add(13);
        document("", &bent, &mut out);
    }
}
