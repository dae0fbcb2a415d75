//! One line a number: who finds it, a text with a valid one, a text with one that is not, by its check digit or its form.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use crate::{Channel, Inspector, Piece, Settings};

fn detectors(text: &str) -> BTreeSet<&'static str> {
    static INSPECTOR: OnceLock<Inspector> = OnceLock::new();
    let inspector = INSPECTOR.get_or_init(|| Inspector::new(&Settings::default()).unwrap());
    let found = inspector.inspect(&[Piece::text(Channel::User, text)]);
    // The tagger of names reads the words around the numbers, which is not what is tried here.
    found.findings.iter().map(|finding| finding.detector).filter(|detector| *detector != "tagger").collect()
}

#[track_caller]
fn check(detector: &str, valid: &str, invalid: &str) {
    assert!(detectors(valid).contains(detector), "{detector}: not found in {valid}: {:?}", detectors(valid));
    assert!(!detectors(invalid).contains(detector), "{detector}: found in {invalid}");
}

#[test]
fn europe_from_austria_to_greece() {
    check("at.svnr", "SVNR 1237 010180", "SVNR 2237 010180");
    check("at.tax", "Finanzamt Österreich 59-119/9013", "Finanzamt Österreich 59-119/9014");
    check("be.rrn", "85.07.30-033.28", "85.07.30-033.29");
    check("be.rrn", "75010607764", "75010607765");
    check("be.card", "591-0123456-77", "591-0123456-78");
    check("bg.egn", "ЕГН 8032056031", "ЕГН 8032056032");
    check("ch.ahv", "756.9217.0769.85", "756.9217.0769.84");
    check("cz.rodne_cislo", "710319/2745", "710319/2746");
    check("cz.rodne_cislo", "rodné číslo 8302247426", "rodné číslo 8302247427");
    check("de.steuer_id", "Steuer-ID: 36 574 261 809", "Steuer-ID: 36 574 261 890");
    check("de.steuer_id", "meine IdNr ist 52359647589", "meine IdNr ist 52359647588");
    check("de.steuernummer", "Steuernummer 181/815/08155", "Aktenzeichen 181/815/08155");
    check("de.rvnr", "15070649C103", "15070649C104");
    check("de.kvnr", "Krankenkasse A123456780", "Krankenkasse A123456781");
    check("de.personalausweis", "Personalausweis L01X00T471", "Personalausweis L01X00T472");
    check("dk.cpr", "CPR 211062-5629", "CPR 511062-5629");
    check("ee.isikukood", "isikukood 36805280109", "isikukood 36805280108");
    check("ee.isikukood", "asmens kodas 46808126147", "asmens kodas 46808126148");
    check("es.nuss", "Seguridad Social 28/12345678/40", "Seguridad Social 28/12345678/41");
    check("es.dni", "mi DNI es 54362315-K", "mi DNI es 54362315-Z");
    check("es.dni", "27544485F", "27544485G");
    check("es.nie", "x-2482300w", "x-2482300a");
    check("fi.hetu", "131052-308T", "131052-308U");
    check("fi.hetu", "280775A614V", "280775A614W");
    check("fi.hetu", "260170-5701", "260170-5702");
    check("fr.nir", "2 95 10 99 126 111 93", "2 95 10 99 126 111 94");
    check("fr.nir", "185057827825703", "185057827825704");
    check("fr.nir", "253072B07300470", "253072C07300470");
    check("fr.spi", "numéro fiscal 30 23 217 600 053", "numéro fiscal 30 23 217 600 054");
    check("gb.nhs", "NHS number 943 476 5870", "NHS number 943 476 5871");
    check("gb.utr", "my UTR is 1955839661", "my UTR is 2955839661");
    check("gb.nino", "AB123456C", "BG123456C");
    check("gb.driving_licence", "MORGA657054SM9IJ", "MORGA697054SM9IJ");
    check("gr.amka", "ΑΜΚΑ 01013099997", "ΑΜΚΑ 01013099999");
    check("gr.afm", "ΑΦΜ 094259216", "ΑΦΜ 094259217");
}

#[test]
fn europe_from_croatia_to_ukraine() {
    check("hr.oib", "OIB 33392005961", "OIB 33392005962");
    check("hu.taj", "TAJ szám 123 456 788", "TAJ szám 123 456 789");
    check("hu.tax", "adóazonosító 8290712359", "adóazonosító 8290712358");
    check("hu.personal", "személyi szám 1-690115-0116", "személyi szám 1-690115-0117");
    check("is.kennitala", "120174-3399", "320174-3399");
    check("ie.pps", "PPS 6433435F", "PPS 6433435E");
    check("ie.pps", "PPSN 6433435FT", "PPSN 6433435ET");
    check("it.codice_fiscale", "RCCMNL83S18D969H", "RCCMNL83S18D969I");
    check("it.codice_fiscale", "rssmra85t10a562s", "rssmra85t10a562t");
    check("it.partita_iva", "partita IVA 00743110157", "partita IVA 00743110158");
    check("kz.iin", "ИИН 850101300124", "ИИН 850101300125");
    check("lu.matricule", "1893120105732", "1893120105733");
    check("lv.personas_kods", "161175-19997", "161375-19997");
    check("md.idnp", "IDNP 2003006006124", "IDNP 2003006006125");
    check("mt.id", "Malta 0123456M", "Malta 0123456X");
    check("nl.bsn", "BSN 1112.22.333", "BSN 1112.52.333");
    check("nl.bsn", "burgerservicenummer: 594787828", "burgerservicenummer: 594787829");
    check("no.fodselsnummer", "151086 95088", "151086 95077");
    check("pl.pesel", "PESEL 44051401359", "PESEL 44051401358");
    check("pl.nip", "856-734-62-15", "856-734-62-16");
    check("pl.dowod", "dowód osobisty ABA300000", "dowód osobisty ABA300001");
    check("pt.nif", "NIF 289660254", "NIF 289660255");
    check("pt.niss", "segurança social 11345678905", "segurança social 11345678906");
    check("pt.cartao", "000000000ZZ4", "000000000ZZ3");
    check("ro.cnp", "CNP 1630615123457", "CNP 1630615123458");
    check("rs.jmbg", "EMŠO 0101006500006", "EMŠO 0101006500007");
    check("ru.snils", "112-233-445 95", "112-233-445 96");
    check("ru.inn", "ИНН 123456789047", "ИНН 123456789037");
    check("se.personnummer", "880320-0016", "880320-0018");
    check("se.personnummer", "19880320-0016", "29880320-0016");
    check("si.davcna", "davčna številka 50223054", "davčna številka 50223055");
    check("tr.kimlik", "TC kimlik no 17291716060", "TC kimlik no 17291716050");
    check("ua.rnokpp", "РНОКПП 1759013776", "РНОКПП 1759013770");
}

#[test]
fn the_americas() {
    check("ar.cuit", "20-05536168-2", "20-05536168-3");
    check("ar.dni", "DNI 20.123.456", "importe 20.123.456");
    check("br.cpf", "390.533.447-05", "390.533.447-06");
    check("br.cpf", "CPF 94088744985", "CPF 94088744986");
    check("br.cnpj", "16.727.230/0001-97", "16.727.230/0001-98");
    check("br.pis", "125.84012.34-2", "125.84012.34-3");
    check("br.cns", "cartão SUS 700 0000 0000 0013", "cartão SUS 700 0000 0000 0014");
    check("ca.sin", "SIN 046 454 286", "SIN 046 454 287");
    check("ca.bc_phn", "PHN 9698 658 215", "PHN 9698 648 216");
    check("ca.ramq", "RAMQ TREM86031412", "RAMQ TREM86991412");
    check("cl.rut", "12.531.909-2", "12.531.909-3");
    check("cl.rut", "12009937-K", "12009938-K");
    check("co.nit", "NIT 213123432-1", "NIT 213123432-5");
    check("co.cedula", "cédula de ciudadanía 1.012.345.678", "total 1.012.345.678");
    check("cr.cedula", "cédula 3-0455-0175", "ref 3-0455-0175");
    check("do.cedula", "001-1391820-5", "001-1391820-4");
    check("ec.cedula", "cédula 171430710-3", "cédula 171430710-4");
    check("gt.cui", "DPI 2345 67899 0101", "DPI 2345 67898 0101");
    check("mx.curp", "BOXW310820HNERXN09", "BOXW310820HNERXN08");
    check("mx.rfc", "GODE561231GR8", "GODE561231GR9");
    check("mx.clabe", "CLABE 032180000118359719", "CLABE 032180000118359718");
    check("pe.dni", "Perú, DNI 20123456-7", "serie 20123456-7");
    check("pe.ruc", "RUC 20512333797", "RUC 20512333798");
    check("sv.dui", "DUI 00016297-5", "DUI 00016297-6");
    check("us.itin", "912-90-3456", "912-93-4567");
    check("us.ein", "EIN: 91-1144442", "EIN: 07-1144442");
    check("us.mbi", "1EG4-TE5-MK73", "1EG4-TE5-MKI3");
    check("us.ptin", "PTIN P01594846", "PTIN X01594846");
    check("uy.ci", "1.234.567-2", "1.234.567-3");
    check("ve.rif", "V-11470283-4", "V-11470283-3");
    check("ve.cedula", "cédula V-11470283", "modelo V-11470283");
}

#[test]
fn asia() {
    check("ae.emirates_id", "784-1990-1234567-6", "784-1990-1234567-7");
    check("cn.resident_id", "身份证360426199101010071", "身份证360426199101010072");
    check("cn.resident_id", "11010519491231002X", "11010519491231001X");
    check("eg.national_id", "الرقم القومي 29001011234567", "الرقم القومي 29013011234567");
    check("hk.hkid", "A123456(3)", "A123456(4)");
    check("id.nik", "NIK 3174011509900001", "NIK 3174013909900001");
    check("il.teudat_zehut", "teudat zehut 980849921", "teudat zehut 980849922");
    check("in.aadhaar", "Aadhaar 2341 2341 2346", "Aadhaar 2341 2341 2347");
    check("in.pan", "ACUPA7085R", "ACUXA7085R");
    check("in.gstin", "27AAPFU0939F1ZV", "27AAPFU0939F1ZO");
    check("in.epic", "voter card WKH1186253", "voter card WKH1186263");
    check("ir.code_melli", "کد ملی 0075499940", "کد ملی 0075499941");
    check("jp.my_number", "マイナンバー 1234 5678 9018", "マイナンバー 1234 5678 9019");
    check("kr.rrn", "971013-9019902", "971013-9019903");
    check("kr.rrn", "주민등록번호 201013-3123456", "201013-3123451");
    check("kw.civil_id", "civil id Kuwait 285010112358", "civil id Kuwait 285010112359");
    check("lk.nic", "NIC 853400937V", "NIC 854000937V");
    check("my.nric", "770305-02-1234", "770305-17-1234");
    check("pk.cnic", "34201-0891231-8", "84201-0891231-8");
    check("sa.national_id", "iqama 1058529940", "iqama 1058529941");
    check("sg.nric", "S1234567D", "S1234567E");
    check("sg.nric", "M1234567K", "M1234567L");
    check("th.id", "1-2345-45678-78-1", "1-2345-45678-78-9");
    check("tw.id", "身分證 A123456789", "身分證 A123456788");
    check("tw.ubn", "Taiwan 00501503", "Taiwan 00501502");
    check("vn.cccd", "CCCD 001090123456", "CCCD 999090123456");
}

#[test]
fn oceania_and_africa() {
    check("au.tfn", "TFN 123 456 782", "TFN 123 456 783");
    check("au.medicare", "Medicare 2345 67898 1", "Medicare 2345 67897 1");
    check("au.abn", "83 914 571 673", "83 914 571 674");
    check("gh.card", "GHA-123456789-0", "GHB-123456789-0");
    check("ke.pin", "KRA PIN A004416331M", "KRA PIN B004416331M");
    check("ng.nin", "NIN 12345678901", "code 12345678901");
    check("nz.ird", "IRD 49-098-576", "IRD 49-098-577");
    check("nz.nhi", "NHI ZZZ0016", "NHI ZZZ0017");
    check("tz.nida", "19900107-11101-00001-23", "19901307-11101-00001-23");
    check("za.id", "7503305044089", "7503305044088");
    check("zm.nrc", "123456/10/1", "123456/10/7");
}

#[test]
fn numbers_that_only_look_alike_are_none() {
    for text in [
        "order 123456782, ticket 9434765870, batch 44051401359",
        "1700000000000 ms, EAN 4006381333931, ISBN 978-3-16-148410-0",
        "invoice 12345678A of 2024-01-15, part AB-1234-567, model X1234567",
        "550e8400-e29b-41d4-a716-446655440000 9fceb02d0ae598e95dc970b74767f19372d61af8",
        "flight LH1234567, tracking 1Z999AA10123456784, RFC 7231, H100-80GB",
        "total 1.234.567,89 and 12.345.678 and 3.000.000",
        "the sin of 1234, rut 5, cc 7, 2024-2025, 12:30:45",
        "2024/01/15/12345, v1.2.3-rc.4, 3.14159265",
        "EMP12345 ABCDE1234F0 a1b2c3d4e5f6 0xdeadbeef deadbeef12345678",
        "timestamp 20240115103000 and 1704067200",
    ] {
        assert_eq!(detectors(text), BTreeSet::new(), "{text}");
    }
}

#[test]
fn every_row_has_forms_that_its_lookup_knows() {
    for number in super::numbers() {
        assert!(number.detector.split('.').count() == 2 && number.class.starts_with("pii."), "{}", number.detector);
        assert!(!number.forms.contains("  ") && !number.forms.is_empty(), "{}", number.detector);
    }
    let digits = |form: &str| -> usize {
        form.split(|c: char| !c.is_ascii_digit()).filter_map(|n| n.parse::<usize>().ok()).sum()
    };
    for number in super::numbers() {
        for form in number.forms.split(' ') {
            assert!((7..=20).contains(&digits(form)), "{} {form}", number.detector);
        }
    }
}
