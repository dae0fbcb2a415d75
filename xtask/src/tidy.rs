//! Tidy: the rules about the tree itself that neither the compiler nor clippy can hold.

mod files;
mod floors;

use anyhow::{Result, bail};

use crate::run::{cargo, root, said};

/// Applies every rule and prints what each found.
///
/// # Errors
/// When a rule is broken, or the tree cannot be read.
pub(crate) fn run() -> Result<()> {
    println!("\n$ tidy");
    let problems = problems()?;
    for warning in files::long(&root())? {
        println!("warning: {warning}");
    }
    for problem in &problems {
        println!("{problem}");
    }
    if problems.is_empty() {
        return Ok(());
    }
    bail!("{} to put right", problems.len())
}

fn problems() -> Result<Vec<String>> {
    let metadata = said(&mut cargo(&["metadata", "--format-version", "1", "--all-features"]))?;
    let mut problems = floors::problems(&serde_json::from_str(&metadata)?)?;
    problems.extend(files::problems(&root())?);
    Ok(problems)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_tree_is_tidy() {
        let problems = super::problems().unwrap();
        assert!(problems.is_empty(), "\n{}\n", problems.join("\n"));
    }
}
