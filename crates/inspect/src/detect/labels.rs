//! Labels of values: which words announce what. Data.

use super::Calls;
use super::{birth, labelled, message, payment};

#[rustfmt::skip]
pub(super) const LABELS: Calls = &[
    (&["passport", "reisepass", "passeport", "pasaporte", "passaporto", "passaporte", "paspoort", "паспорт", "护照", "護照", "パスポート", "여권"], labelled::passport),
    (
        &[
            "driver's lic", "drivers lic", "driver lic", "driver_lic", "driver-lic", "driverlic", "driverslic", "driving lic", "driving_lic", "drivinglic",
            "driver’s lic", "drivers' lic", "driver's permit", "licence no", "licence num", "dl number", "dl no", "dl#", "dln:", "führerschein", "fuehrerschein",
            "permis de conduire", "permiso de conduc", "licencia de conduc", "carnet de conducir", "patente di guida", "carta de condução",
            "carteira de habilitação", "cnh ", "cnh:", "rijbewijs", "prawo jazdy", "körkort", "kørekort", "førerkort", "ajokort", "водительск", "驾驶证", "運転免許",
        ],
        labelled::licence,
    ),
    (&["license plate", "licence plate", "number plate", "plate number", "plate no", "kennzeichen", "immatriculation", "matrícula", "numero di targa", "targa:", "kenteken", "车牌", "registration plate"], labelled::plate),
    (
        &[
            "member id", "member number", "member no", "member_id", "memberid", "subscriber id", "subscriber number", "policy number", "policy no", "policy_number",
            "insurance number", "insurance id", "insurance no", "insurance policy", "medicaid", "beneficiary id", "versichertennummer", "versicherungsnummer", "numéro d'assuré", "número de póliza",
            "polizza n", "polisnummer",
        ],
        labelled::insurance,
    ),
    (
        &[
            "account number", "account no", "account num", "account #", "account_number", "account-number", "accountnumber", "acct no", "acct number", "acct #", "acct:", "acct. no", "bank account",
            "kontonummer", "konto-nr", "konto nr", "kontonr", "numéro de compte", "n° de compte", "número de cuenta", "numero de cuenta", "numero di conto", "conto corrente",
            "número da conta", "conta corrente", "rekeningnummer", "bankrekening", "numer konta", "номер счета", "расчетный счет", "账号", "帳號", "口座番号",
        ],
        labelled::account,
    ),
    (&["routing n", "routing #", "routing_n", "routing:", "routing code", "aba number", "aba routing", "aba rout", "aba no", "aba:", "bank routing"], labelled::routing),
    (&["sort code", "sort-code", "sort_code", "sortcode", "bsb ", "bsb:", "bsb#", "transit n", "transit:", "transit ", "bankleitzahl", "blz ", "blz:"], labelled::branch),
    (&["imei"], labelled::imei),
    (&["dea number", "dea no", "dea #", "dea:", "dea ", "dea_"], labelled::dea),
    (&["ndc ", "ndc:", "ndc#", "national drug code"], labelled::ndc),
    (&["cpt ", "cpt:", "cpt-", "cpt®"], labelled::cpt),
    (&["loinc"], labelled::loinc),
    (
        &[
            "born", "birth", "dob:", "dob ", "d.o.b", "dob=", "\"dob\"", "geboren", "geburt", "geb. ", "geb.:", "né le", "née le", "naissance", "nacimiento", "nacido", "nacida", "nació",
            "nato il", "nata il", "nascita", "nascido", "nascida", "nascimento", "nasceu", "geboorte", "födelse", "född ", "født ", "fødsels", "fødd", "syntynyt", "syntymä", "urodzen", "urodzon", "urodził",
            "narozen", "született", "születési", "născut", "nașter", "рожден", "родил", "народж", "народив", "роден", "γεννή", "doğum", "تاريخ الميلاد", "תאריך לידה", "生年月日", "出生", "생년월일", "ngày sinh", "tanggal lahir", "วันเกิด", "जन्म",
        ],
        birth::date,
    ),
    (&["aged ", "age:", "age is", "age of", "age ", "age=", "\"age\"", "alter:", "alter ist", "âgé", "âge:", "âge :", "edad:", "edad de", "idade:", "età:", "leeftijd", "ålder:", "возраст", "年龄", "年齢"], birth::age),
    (&["years old", "year-old", "year old", "years of age", "yrs old", "jahre alt", "jaar oud", "года рождения"], birth::age_before),
    (&["cvv", "cvc", "security code", "card verification", "prüfziffer", "prüfnummer", "cryptogramme", "código de seguridad", "codice di sicurezza"], payment::cvv),
];

#[rustfmt::skip]
pub(super) const EXACT_LABELS: Calls = &[
    (&["<<<"], labelled::mrz),
    (&["PID|", "NK1|", "IN1|"], message::segment),
    (&["\"family\"", "\"given\""], message::name),
];
