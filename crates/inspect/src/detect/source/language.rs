//! Which language a stretch of source code is written in: the openings of its lines vote.

/// The detector that reports code of the language that most lines speak for; `source` when none does.
pub(super) fn language(code: &[u8]) -> &'static str {
    let mut votes = [0u32; SIGNS.len()];
    for line in code.split(|byte| *byte == b'\n').take(LINES_MAX) {
        let line = line.trim_ascii();
        if line.is_empty() {
            continue;
        }
        for ((_, signs), votes) in SIGNS.iter().zip(&mut votes) {
            *votes += signs.iter().map(|sign| sign.weight(line)).max().unwrap_or(0);
        }
    }
    // The first of equals: the table names the more particular language first.
    let best = SIGNS.iter().zip(votes).fold(
        (None, 0),
        |best, ((name, _), votes)| {
            if votes > best.1 { (Some(*name), votes) } else { best }
        },
    );
    best.0.unwrap_or("source")
}

/// What a line of a language begins with, may have inside, and how telling that is.
struct Sign {
    opening: &'static str,
    inside: &'static str,
    weight: u32,
}

impl Sign {
    fn weight(&self, line: &[u8]) -> u32 {
        // Most signs fail at their first byte, which is cheaper to look at than to call for.
        let opening = self.opening.as_bytes();
        let opens = opening.first().is_none_or(|first| line.first() == Some(first) && line.starts_with(opening));
        let has = || self.inside.is_empty() || memchr::memmem::find(line, self.inside.as_bytes()).is_some();
        if opens && has() { self.weight } else { 0 }
    }
}

const fn sign(opening: &'static str, inside: &'static str, weight: u32) -> Sign {
    Sign { opening, inside, weight }
}

/// More lines tell no more.
const LINES_MAX: usize = 60;

#[rustfmt::skip]
const SIGNS: &[(&str, &[Sign])] = &[
    ("code.rust", &[sign("fn ", "(", 2), sign("pub fn ", "(", 4), sign("impl", " {", 3), sign("use ", "::", 3), sign("let mut ", "", 4), sign("let ", ";", 1), sign("#[", "]", 3), sign("pub struct ", "", 3), sign("pub(crate)", "", 4), sign("match ", " {", 2), sign("println!", "", 4)]),
    ("code.go", &[sign("package ", "", 2), sign("func ", "{", 3), sign("import (", "", 4), sign("", ":= ", 2), sign("if err != nil", "", 5), sign("type ", " struct {", 3), sign("defer ", "", 3)]),
    ("code.kotlin", &[sign("fun ", "(", 4), sign("val ", "=", 2), sign("data class ", "", 4), sign("override fun ", "", 4), sign("companion object", "", 5)]),
    ("code.scala", &[sign("object ", "{", 3), sign("case class ", "", 4), sign("def ", "= {", 3), sign("trait ", "", 3), sign("implicit ", "", 4)]),
    ("code.swift", &[sign("func ", "->", 3), sign("import UIKit", "", 5), sign("import Foundation", "", 5), sign("guard let ", "", 5), sign("if let ", "", 2), sign("@IBOutlet", "", 5), sign("var ", ": ", 2)]),
    ("code.java", &[sign("import java", "", 5), sign("public class ", "", 3), sign("private ", ";", 1), sign("public static void main", "", 5), sign("@Override", "", 4), sign("package ", ";", 3), sign("System.out", "", 5), sign("public ", "(", 1)]),
    ("code.csharp", &[sign("using System", ";", 5), sign("namespace ", "", 2), sign("public ", "{ get;", 5), sign("Console.", "", 4), sign("using ", ";", 2), sign("private readonly ", "", 4), sign("var ", "= new ", 2)]),
    ("code.cpp", &[sign("std::", "", 4), sign("#include <", ">", 2), sign("template", "<", 4), sign("using namespace ", "", 5), sign("class ", "{", 1), sign("", "std::", 3), sign("public:", "", 4), sign("private:", "", 4)]),
    ("code.c", &[sign("#include ", ".h", 3), sign("int main", "(", 3), sign("#define ", "", 2), sign("static ", "(", 1), sign("void ", "(", 2), sign("char *", "", 3), sign("struct ", "{", 1), sign("printf(", "", 3), sign("#ifdef ", "", 3)]),
    ("code.typescript", &[sign("interface ", "{", 2), sign("export interface ", "", 5), sign("export type ", "", 4), sign("import ", " from ", 2), sign("const ", ": ", 2), sign("", "): Promise<", 4), sign("private ", ": ", 2), sign("type ", " = ", 2), sign("", ": string", 3)]),
    ("code.javascript", &[sign("const ", "=", 2), sign("function ", "(", 3), sign("import ", " from ", 2), sign("module.exports", "", 5), sign("let ", "=", 1), sign("var ", "=", 2), sign("console.", "", 4), sign("", "=> {", 2), sign("", "require(", 3), sign("document.", "", 4), sign("export default", "", 4)]),
    ("code.php", &[sign("<?php", "", 9), sign("$", "=", 2), sign("public function ", "", 4), sign("echo ", ";", 2), sign("use ", "\\", 3), sign("namespace ", "\\", 3), sign("", "$this->", 4)]),
    ("code.ruby", &[sign("require '", "", 4), sign("def ", "", 1), sign("end", "", 1), sign("attr_", ":", 5), sign("module ", "", 2), sign("", " do |", 4), sign("puts ", "", 4), sign("class ", " < ", 3)]),
    ("code.perl", &[sign("use strict", "", 6), sign("my ", "=", 4), sign("sub ", "{", 4), sign("use warnings", "", 6), sign("#!/usr/bin/perl", "", 9)]),
    ("code.lua", &[sign("local ", "=", 3), sign("local function ", "", 5), sign("function ", ":", 1), sign("end", "", 1), sign("then", "", 1)]),
    ("code.python", &[sign("def ", "):", 4), sign("def ", "->", 4), sign("import ", "", 1), sign("from ", " import ", 4), sign("class ", ":", 2), sign("self.", "", 3), sign("elif ", "", 4), sign("if __name__", "", 6), sign("print(", "", 2), sign("with ", ":", 3), sign("@", "", 1), sign("async def ", "", 4), sign("except", ":", 4), sign("for ", " in ", 1)]),
    ("code.powershell", &[sign("param(", "", 3), sign("$", "= Get-", 5), sign("Write-Host", "", 6), sign("function ", "-", 2), sign("", " -eq ", 3), sign("Import-Module", "", 6)]),
    ("code.shell", &[sign("#!/bin/", "sh", 9), sign("#!/usr/bin/env bash", "", 9), sign("fi", "", 2), sign("done", "", 2), sign("if [", "]", 4), sign("echo ", "", 2), sign("export ", "=", 3), sign("sudo ", "", 3), sign("set -", "", 4), sign("esac", "", 4)]),
    ("code.sql", &[sign("SELECT ", "", 4), sign("INSERT INTO ", "", 5), sign("CREATE TABLE ", "", 5), sign("FROM ", "", 2), sign("WHERE ", "", 2), sign("UPDATE ", " SET ", 4), sign("select ", "", 2), sign("ALTER TABLE ", "", 5), sign("JOIN ", " ON ", 4)]),
    ("code.r", &[sign("library(", "", 5), sign("", " <- function(", 5), sign("", " <- ", 2)]),
    ("code.haskell", &[sign("module ", " where", 5), sign("import qualified ", "", 6), sign("", " :: ", 2), sign("data ", " = ", 2), sign("instance ", " where", 5)]),
    ("code.terraform", &[sign("resource \"", "{", 6), sign("variable \"", "{", 5), sign("provider \"", "{", 5), sign("module \"", "{", 4), sign("data \"", "{", 4)]),
    ("code.html", &[sign("<!DOCTYPE", "", 6), sign("<html", "", 5), sign("<div", "", 3), sign("<script", "", 3), sign("</", ">", 1)]),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn check(code: &str, expected: &str) {
        assert_eq!(language(code.as_bytes()), expected, "{code}");
    }

    #[test]
    fn languages_by_their_lines() {
        check("use std::fs;\n\nfn main() {\n    let mut x = 1;\n    println!(\"{x}\");\n}", "code.rust");
        check("import os\nfrom sys import argv\n\ndef main(path):\n    return os.getcwd()", "code.python");
        check("#include <stdio.h>\nint main(void) {\n  printf(\"x\");\n}", "code.c");
        check("#include <vector>\nusing namespace std;\nclass A {\npublic:\n  std::vector<int> x;\n};", "code.cpp");
        check("package main\n\nimport (\n\t\"fmt\"\n)\n\nfunc main() {\n\tx := 1\n}", "code.go");
        check(
            "import java.util.List;\n\npublic class A {\n  @Override\n  public String x() { return null; }\n}",
            "code.java",
        );
        check("using System;\nnamespace A {\n  class B { public int X { get; set; } }\n}", "code.csharp");
        check("const a = require('fs');\nfunction f() {\n  console.log(a);\n}\nmodule.exports = f;", "code.javascript");
        check("export interface A {\n  name: string;\n}\nimport { b } from 'c';\nconst x: A = b;", "code.typescript");
        check("<?php\n$x = 1;\necho $x;", "code.php");
        check("#!/bin/bash\nset -e\nif [ -f x ]; then\n  echo y\nfi", "code.shell");
        check("SELECT a FROM b\nWHERE c = 1;\nINSERT INTO d VALUES (1);", "code.sql");
        check("require 'json'\nclass A < B\n  attr_reader :x\n  def y\n    puts x\n  end\nend", "code.ruby");
        check("x y z", "source");
    }
}
