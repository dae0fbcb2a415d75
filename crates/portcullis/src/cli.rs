//! The command line, as it reads in `--help`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// One governed door to every language model, hosted or self-hosted.
#[derive(Debug, Parser)]
#[command(name = "portcullis", version, about, max_term_width = 100, disable_help_subcommand = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// Where it is done.
    #[command(flatten)]
    pub place: Place,
}

/// Options of every command.
#[derive(Clone, Debug, Args)]
pub struct Place {
    /// The configuration folder [default: $XDG_CONFIG_HOME/portcullis, if it exists]
    #[arg(long, global = true, value_name = "DIR", env = "PORTCULLIS_CONFIG")]
    pub config: Option<PathBuf>,
    /// The state folder: keys and the ledger [default: $XDG_STATE_HOME/portcullis]
    #[arg(long, global = true, value_name = "DIR", env = "PORTCULLIS_STATE")]
    pub state: Option<PathBuf>,
    /// Write JSON, for programs
    #[arg(long, global = true)]
    pub json: bool,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the door
    Serve(Serve),
    /// Write a commented configuration folder
    Init {
        /// The folder; it must not exist or be empty
        dir: PathBuf,
    },
    /// Load the configuration and explain every problem at once
    Check {
        /// Check as if for this mode instead of the configured one
        #[arg(long, value_parser = ["development", "production"])]
        mode: Option<String>,
    },
    /// A guided tour on this machine: calls in, decisions, the ledger verified
    Demo {
        /// Do not pause between the steps
        #[arg(long)]
        fast: bool,
    },
    /// What would be found in the text on standard input, and at what level
    Inspect {
        /// One JSON object `{"text", "channel"}` a line in, one JSON object a line out
        #[arg(long, requires = "json")]
        lines: bool,
        /// Where the text would stand in a call
        #[arg(long, default_value = "user")]
        channel: String,
        /// Writes an exception for the value on standard input, which is not a finding of this class
        #[arg(long, value_name = "CLASS", conflicts_with = "lines")]
        exception: Option<String>,
    },
    /// What would happen to the call on standard input and why, without sending it; or what happened to a record
    Explain {
        /// A record id, instead of a call on standard input
        record: Option<String>,
        /// The front door the call would come through
        #[arg(long, default_value = "chat", value_parser = ["chat", "responses", "completions", "embeddings", "messages"])]
        door: String,
        /// The floor of the caller
        #[arg(long, default_value = "internal", value_parser = ["public", "internal", "confidential", "restricted"])]
        floor: String,
        /// The use case that the caller's credential names
        #[arg(long, value_name = "NAME")]
        use_case: Option<String>,
    },
    /// Legacy keys, which expire
    #[command(subcommand)]
    Key(Key),
    /// Calls that wait for a person's yes
    #[command(subcommand)]
    Approval(Approval),
    /// The ledger
    #[command(subcommand)]
    Ledger(Ledger),
    /// Policies
    #[command(subcommand)]
    Policy(Policy),
    /// What was used and what it cost, from the ledger
    Spend {
        /// What to add up by
        #[arg(long, default_value = "tenant",
              value_parser = ["caller", "tenant", "use_case", "destination", "vendor", "everybody"])]
        by: String,
        /// The first day that counts, in UTC [default: the first of this month]
        #[arg(long, value_name = "YYYY-MM-DD")]
        since: Option<String>,
    },
    /// How the running door is doing
    Status,
    /// Make the running door load its configuration again
    Reload,
}

/// `portcullis serve`.
#[derive(Clone, Debug, Args)]
pub struct Serve {
    /// Where callers connect [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDR")]
    pub listen: Option<SocketAddr>,
    /// Where administrators connect [default: 127.0.0.1:8081]
    #[arg(long, value_name = "ADDR")]
    pub admin_listen: Option<SocketAddr>,
    /// A GGUF file for the embedded model, instead of the one that ships
    #[arg(long, value_name = "FILE")]
    pub model: Option<PathBuf>,
}

/// `portcullis key`.
#[derive(Debug, Subcommand)]
pub enum Key {
    /// Make a key; it is shown once
    Create {
        /// What people call it
        name: String,
        /// The level that its calls never fall below
        #[arg(long, default_value = "internal", value_parser = ["public", "internal", "confidential", "restricted"])]
        floor: String,
        /// Days until it expires
        #[arg(long)]
        days: Option<u32>,
        /// The tenant it belongs to
        #[arg(long, default_value = admin::TENANT_DEFAULT)]
        tenant: String,
        /// The use case that its calls are made under
        #[arg(long)]
        use_case: Option<String>,
        /// It may administer the door
        #[arg(long)]
        admin: bool,
    },
    /// List keys, without their secrets
    List,
    /// Withdraw a key at once
    Revoke {
        /// The key's id
        id: String,
    },
}

/// `portcullis approval`.
#[derive(Debug, Subcommand)]
pub enum Approval {
    /// List them: who calls, where to, what was found, whose yes is missing
    List,
    /// Say yes; the identical call, sent again, spends it once
    Approve(Answer),
    /// Say no
    Deny(Answer),
}

/// An answer to a call that waits.
#[derive(Debug, Args)]
pub struct Answer {
    /// The question's id
    pub id: String,
    /// In which role, one of those that policy names [default: the only one]
    #[arg(long = "as", value_name = "ROLE")]
    pub role: Option<String>,
}

/// `portcullis ledger`.
#[derive(Debug, Subcommand)]
pub enum Ledger {
    /// Check every record: nothing altered, missing, reordered or cut off
    Verify {
        /// A ledger folder elsewhere, for example a copy
        path: Option<PathBuf>,
    },
    /// Prove what a range of the ledger says to a question, in one file for somebody who has nothing else
    #[command(group = clap::ArgGroup::new("claim").required(true).args(["never", "who", "what_reached"]))]
    Prove {
        /// No recorded attempt was so: `level>=restricted and jurisdiction!=EU`
        #[arg(long, value_name = "QUESTION")]
        never: Option<String>,
        /// Who made the attempts that were so; all of them and no others
        #[arg(long, value_name = "QUESTION")]
        who: Option<String>,
        /// What was carried to this destination; all of it and nothing else
        #[arg(long, value_name = "DESTINATION")]
        what_reached: Option<String>,
        /// From this day or time on, in UTC: `2026-10-01`, `2026-10-01T08:00:00Z`, or milliseconds since 1970
        #[arg(long, value_name = "TIME")]
        from: Option<String>,
        /// Before this day or time
        #[arg(long, value_name = "TIME")]
        to: Option<String>,
        /// The proof file to write
        #[arg(long, value_name = "FILE", default_value = "ledger.proof")]
        out: PathBuf,
        /// A ledger folder elsewhere, for example a copy
        path: Option<PathBuf>,
    },
    /// Check a proof file, as `portcullis-verify` does on another computer
    VerifyProof {
        /// The proof file
        file: PathBuf,
        /// Whom you trust: log keys, witnesses, quorum. Never taken from the proof
        #[arg(long, value_name = "FILE")]
        policy: PathBuf,
    },
    /// Find records
    Search {
        /// A caller id
        #[arg(long)]
        caller: Option<String>,
        /// A call id, which all records of one call share
        #[arg(long)]
        call: Option<String>,
        /// The kind of record
        #[arg(long, value_parser = ["intent", "outcome", "refusal", "act", "aggregate"])]
        kind: Option<String>,
        /// The most records to give, newest last
        #[arg(long, default_value_t = 100)]
        limit: u32,
    },
    /// Show one record
    Show {
        /// Its id
        id: String,
    },
}

/// `portcullis policy`.
#[derive(Debug, Subcommand)]
pub enum Policy {
    /// Compile the policies, explain every problem, and find what is suspicious: unreachable, shadowed, contradictory
    Check {
        /// The answer is no when something is suspicious, too
        #[arg(long)]
        strict: bool,
    },
    /// Run the tables beside the policies: which call may go where, under which obligations
    Test {
        /// Tables (`*.test.toml`) or folders of them [default: the configuration's policies/]
        paths: Vec<PathBuf>,
    },
    /// Which kinds of call a change of policies changes
    Diff {
        /// A folder of policies, or a configuration folder
        old: PathBuf,
        /// Another one
        new: PathBuf,
    },
    /// Decide every recorded call again: which decisions would flip
    Replay {
        /// From when on: a date such as 2026-11-01, or a time ago such as 7d, 24h [default: everything]
        #[arg(long, value_name = "WHEN")]
        since: Option<String>,
        /// The policies to decide by [default: the configuration's]
        #[arg(long, value_name = "DIR")]
        policies: Option<PathBuf>,
        /// A ledger folder elsewhere, for example a copy [default: the state folder's]
        #[arg(long, value_name = "DIR")]
        ledger: Option<PathBuf>,
        /// The most flipped decisions to list; all are counted
        #[arg(long, default_value_t = 100)]
        limit: usize,
    },
    /// Policies to start from: list them, or copy some with their tests
    Library {
        /// Which to copy; none: list all
        names: Vec<String>,
        /// The folder to copy into [default: the configuration's policies/]
        #[arg(long, value_name = "DIR")]
        into: Option<PathBuf>,
    },
    /// Print the schema that policies are checked against
    Schema,
    /// Make a key to sign policies with; its public part goes under [policy_signers]
    Signer {
        /// A new file for the private key
        file: PathBuf,
    },
    /// Sign the configuration's policies, or add a signature to those that others made
    Sign {
        /// The file of the private key
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
        /// The signer's name under [policy_signers]
        #[arg(long)]
        name: String,
        /// The id of the change; the first who signs says it
        #[arg(long)]
        change: Option<String>,
    },
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        super::Cli::command().debug_assert();
    }
}
