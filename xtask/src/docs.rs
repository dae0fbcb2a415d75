//! `cargo xtask docs`: the API documentation without warnings, and pages whose links all lead somewhere.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::run::{cargo, ran, root};

/// Builds the documentation and follows every relative link in every Markdown page.
///
/// # Errors
/// When rustdoc warns or a link leads nowhere.
pub(crate) fn run(_arguments: &[String]) -> Result<()> {
    let mut command = cargo(&["doc", "--workspace", "--no-deps", "--document-private-items"]);
    ran(command.env("RUSTDOCFLAGS", "-D warnings"))?;
    let broken = broken_links(&root())?;
    for link in &broken {
        println!("{link}");
    }
    if !broken.is_empty() {
        bail!("{} links lead nowhere", broken.len());
    }
    println!("\ndocs: clean");
    Ok(())
}

/// Every relative link that leads to no file, or to no heading of it, in every page below `root`.
fn broken_links(root: &Path) -> Result<Vec<String>> {
    let mut broken = Vec::new();
    for page in pages(root)? {
        let text = std::fs::read_to_string(&page).with_context(|| format!("cannot read {}", page.display()))?;
        let folder = page.parent().unwrap_or(root);
        let name = page.strip_prefix(root).unwrap_or(&page).display().to_string();
        for (line, link) in links(&text) {
            let (path, heading) = link.split_once('#').unwrap_or((link, ""));
            if path.contains("://") || path.starts_with("mailto:") {
                continue;
            }
            let to = if path.is_empty() { page.clone() } else { folder.join(path) };
            if !to.exists() {
                broken.push(format!("{name}:{line}: `{link}` leads to no file"));
            } else if !heading.is_empty() && to.extension().is_some_and(|ending| ending == "md") {
                let there = std::fs::read_to_string(&to).with_context(|| format!("cannot read {}", to.display()))?;
                if !headings(&there).contains(&heading.to_owned()) {
                    broken.push(format!("{name}:{line}: `{link}` leads to no heading"));
                }
            }
        }
    }
    Ok(broken)
}

fn pages(root: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut open = vec![root.to_path_buf()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))? {
            let path = entry.with_context(|| format!("cannot read {}", folder.display()))?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if path.is_dir() && !matches!(name.as_str(), "target" | "node_modules" | ".git" | ".venv") {
                open.push(path);
            } else if name.ends_with(".md") {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

/// The targets of `[text](target)` with their line numbers, outside fenced code.
fn links(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut fenced = false;
    for (number, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        }
        if fenced {
            continue;
        }
        let mut rest = line;
        while let Some((_, after)) = rest.split_once("](") {
            let Some((target, further)) = after.split_once(')') else { break };
            let target = target.split_whitespace().next().unwrap_or_default();
            if !target.is_empty() {
                found.push((number + 1, target.trim_matches(['<', '>'])));
            }
            rest = further;
        }
    }
    found
}

/// The anchors that the usual renderers make of the headings.
fn headings(text: &str) -> Vec<String> {
    let heads = text.lines().filter(|line| line.starts_with('#'));
    heads
        .map(|line| {
            let title = line.trim_start_matches('#').trim().to_lowercase();
            let kept = title.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
            kept.map(|c| if c == ' ' { '-' } else { c }).collect()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn links_are_found_outside_fenced_code() {
        let text = "see [a](b.md) and [c](d.md#e)\n```\n[x](y)\n```\n![i](j.png \"title\")\n";
        assert_eq!(super::links(text), [(1, "b.md"), (1, "d.md#e"), (5, "j.png")]);
    }

    #[test]
    fn headings_become_anchors() {
        assert_eq!(super::headings("# The `door`: a call\n## Two words\n"), ["the-door-a-call", "two-words"]);
    }

    #[test]
    fn every_link_in_the_repository_leads_somewhere() {
        let broken = super::broken_links(&crate::run::root()).unwrap();
        assert!(broken.is_empty(), "\n{}\n", broken.join("\n"));
    }
}
