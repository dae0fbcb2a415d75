//! Passwords on command lines: `mysql -p…`, `curl -u user:…`, `sshpass -p …`.

use super::placeholder::{is_dull, is_placeholder};
use super::{is_made_up, is_published, rarity};
use crate::scan::Scan;
use crate::text::{Text, is_space};

/// A program and the options that take a password.
pub(crate) struct Program {
    pub(crate) word: &'static str,
    /// Options whose value, glued or after a space, is a password.
    options: &'static [&'static str],
    /// Options whose value is a user and a password with this sign between.
    pairs: &'static [(&'static str, u8)],
}

/// Reads the line after a program whose name stands at `start`.
pub(crate) fn program(scan: &mut Scan<'_>, start: usize, program: &Program) {
    let text = scan.text;
    if text.before(start).is_ascii_alphanumeric() {
        return;
    }
    let line_end = text.run(start, LINE_BYTES_MAX, |byte| byte != b'\n');
    let mut at = start + program.word.trim_end().len();
    while at < line_end {
        let word = text.run(at, LINE_BYTES_MAX, |byte| is_space(byte) && byte != b'\n');
        let end = text.run(word, LINE_BYTES_MAX, |byte| !is_space(byte) && byte != 0);
        if end == word || word >= line_end {
            return;
        }
        if matches!(text.at(word), b'-' | b'/') {
            read_option(scan, word, end, program);
        }
        at = end;
    }
}

/// `-p …` of a program that nobody knows: only what is clearly chosen or drawn.
pub(crate) fn option(scan: &mut Scan<'_>, start: usize) {
    let text = scan.text;
    let from = text.run(start + 3, 4, |byte| matches!(byte, b' ' | b'"' | b'\''));
    let end = word_end(text, from);
    let is_hash = text.cut(from, end).iter().all(|byte| byte.is_ascii_hexdigit() || *byte == b'.');
    if !is_hash {
        value(scan, from, 12.0);
    }
}

fn read_option(scan: &mut Scan<'_>, word: usize, end: usize, program: &Program) {
    let text = scan.text;
    let after = |name: &str| {
        let glued = word + name.len();
        text.has_exactly(word, name.as_bytes()).then(|| {
            let sign = text.run(glued, 1, |byte| byte == b'=');
            let from = if sign == end { text.run(end, 4, |byte| byte == b' ') } else { sign };
            text.run(from, 2, |byte| matches!(byte, b'"' | b'\'' | b'\\'))
        })
    };
    for (name, sign) in program.pairs {
        if let Some(from) = after(name) {
            let pair_end = word_end(text, from);
            let at = text.cut(from, pair_end).iter().position(|byte| byte == sign);
            if let Some(at) = at {
                value(scan, from + at + 1, 0.0);
            }
            return;
        }
    }
    if let Some(from) = program.options.iter().find_map(|name| after(name)) {
        value(scan, from, 4.0);
    }
}

/// Reports the word at `from` if it can be a password; `needs` bits of rarity, or as people choose them.
fn value(scan: &mut Scan<'_>, from: usize, needs: f32) {
    let text = scan.text;
    let end = word_end(text, from);
    let value = text.cut(from, end);
    let digits = value.iter().any(u8::is_ascii_digit);
    let signs = value.iter().any(|byte| matches!(byte, b'!' | b'@' | b'#' | b'$' | b'%' | b'^' | b'&' | b'*'));
    let letters = value.iter().any(u8::is_ascii_alphabetic);
    let is_chosen = letters && (digits || signs) && !is_dull(value);
    let is_path = value.iter().any(|byte| matches!(byte, b'/' | b':' | b'=' | b'\\'));
    let is_free = !is_placeholder(value) && !is_published(value) && !is_made_up(value) && !value.starts_with(b"-");
    let fits = rarity(value) >= needs || is_chosen && needs < 10.0;
    if (VALUE_BYTES_MIN..=VALUE_BYTES_MAX).contains(&value.len()) && letters && is_free && fits && !is_path {
        scan.hit(from, end, "secret.generic", 0.75, "command");
    }
}

fn word_end(text: Text<'_>, from: usize) -> usize {
    text.run(from, VALUE_BYTES_MAX + 1, |byte| {
        byte > b' ' && byte < 0xe0 && !matches!(byte, b'"' | b'\'' | b'`' | b'<' | b'>' | b'|' | b';')
    })
}

const fn row(word: &'static str, options: &'static [&'static str], pairs: &'static [(&'static str, u8)]) -> Program {
    Program { word, options, pairs }
}

/// How far behind its program an option is looked for; streams keep so much to the left.
const LINE_BYTES_MAX: usize = 240;
const VALUE_BYTES_MIN: usize = 4;
const VALUE_BYTES_MAX: usize = 128;
const USER: &[(&str, u8)] = &[("-u", b':'), ("--user", b':'), ("-U", b':'), ("--proxy-user", b':')];

#[rustfmt::skip]
pub(crate) const PROGRAMS: &[Program] = &[
    row("curl ", &["--pass"], USER),
    row("wget ", &["--http-password", "--ftp-password"], &[]),
    row("httpie ", &[], &[("-a", b':'), ("--auth", b':')]),
    row("mysql ", &["-p"], &[]),
    row("mysqldump ", &["-p"], &[]),
    row("mysqladmin ", &["-p"], &[]),
    row("mariadb ", &["-p"], &[]),
    row("mongodump ", &["-p"], &[]),
    row("mongorestore ", &["-p"], &[]),
    row("mongosh ", &["-p"], &[]),
    row("mongo ", &["-p"], &[]),
    row("sshpass ", &["-p"], &[]),
    row("redis-cli ", &["-a", "--pass"], &[]),
    row("docker login ", &["-p"], &[]),
    row("podman login ", &["-p"], &[]),
    row("helm registry ", &["-p"], &[]),
    row("oc login ", &["-p", "--token"], &[]),
    row("az login ", &["-p"], &[]),
    row("plink ", &["-pw"], &[]),
    row("pscp ", &["-pw"], &[]),
    row("sqlcmd ", &["-P"], &[]),
    row("osql ", &["-P"], &[]),
    row("bcp ", &["-P"], &[]),
    row("ldapsearch ", &["-w"], &[]),
    row("ldapmodify ", &["-w"], &[]),
    row("ldapadd ", &["-w"], &[]),
    row("smbclient ", &[], &[("-U", b'%')]),
    row("rpcclient ", &[], &[("-U", b'%')]),
    row("psexec", &["-p"], &[]),
    row("wmic ", &["/password:"], &[]),
    row("xfreerdp ", &["/p:"], &[]),
    row("rdesktop ", &["-p"], &[]),
    row("cmdkey ", &["/pass:"], &[]),
    row("keytool ", &["-storepass", "-keypass"], &[]),
    row("jarsigner ", &["-storepass", "-keypass"], &[]),
    row("zip ", &["-P"], &[]),
    row("unzip ", &["-P"], &[]),
    row("unrar ", &["-p"], &[]),
    row("ipmitool ", &["-P"], &[]),
    row("snmpwalk ", &["-A", "-X"], &[]),
    row("cypher-shell ", &["-p"], &[]),
    row("influx ", &["-password"], &[]),
    row("evil-winrm ", &["-p"], &[]),
    row("crackmapexec ", &["-p"], &[]),
    row("netexec ", &["-p"], &[]),
    row("lftp ", &[], &[("-u", b',')]),
    row("svn ", &["--password"], &[]),
];
