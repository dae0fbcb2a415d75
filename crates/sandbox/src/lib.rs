//! Locks this process in: no files, no network, no new programs, bounded memory. Nothing here can be undone.

use std::os::fd::RawFd;

use serde::{Deserialize, Serialize};

/// What to do where the kernel cannot confine the child.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sandbox {
    /// Refuse to start without landlock and seccomp. For production.
    Required,
    /// Use what the kernel has, and say what that is. For development.
    BestEffort,
}

/// The descriptors that the child goes on using; every other one it may have inherited becomes useless.
#[derive(Debug, Clone, Copy)]
pub struct Descriptors {
    /// The socket to the parent.
    pub parent: RawFd,
    /// A file that is read to its end once.
    pub file: Option<RawFd>,
}

/// Enters the sandbox, and says what holds now: for example `landlock (abi 4), rlimits, seccomp`. Must run while the
/// process has a single thread. `memory_bytes` bounds the address space of the whole process, code included.
///
/// # Errors
/// What is missing or failed, when the sandbox is required. Otherwise that is left out of what holds.
pub fn enter(required: Sandbox, memory_bytes: u64, descriptors: &Descriptors) -> Result<String, String> {
    let steps = [
        ("single thread", platform::single_thread()),
        ("no new privileges", platform::no_new_privileges()),
        ("landlock", platform::landlock()),
        ("rlimits", platform::limits(memory_bytes)),
        ("seccomp", platform::seccomp(descriptors)),
    ];
    let mut holds = Vec::new();
    for (name, outcome) in steps {
        match outcome {
            Ok(detail) => holds.push(format!("{name}{detail}")),
            Err(reason) if required == Sandbox::Required => return Err(format!("{name}: {reason}")),
            Err(_) => {}
        }
    }
    Ok(if holds.is_empty() { "none".to_owned() } else { holds.join(", ") })
}

#[cfg(not(target_os = "linux"))]
mod platform {
    use super::Descriptors;

    type Step = Result<String, String>;

    fn unsupported() -> Step {
        Err("only Linux has it".to_owned())
    }
    pub(super) fn single_thread() -> Step {
        unsupported()
    }
    pub(super) fn no_new_privileges() -> Step {
        unsupported()
    }
    pub(super) fn landlock() -> Step {
        unsupported()
    }
    pub(super) fn limits(_memory_bytes: u64) -> Step {
        unsupported()
    }
    pub(super) fn seccomp(_descriptors: &Descriptors) -> Step {
        unsupported()
    }
}

#[cfg(target_os = "linux")]
mod platform {
    use std::collections::BTreeMap;

    use landlock::{
        ABI, Access, AccessFs, AccessNet, Compatible, LandlockStatus, Ruleset, RulesetAttr, RulesetStatus, Scope,
    };
    use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};
    use seccompiler::{
        BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
        apply_filter,
    };

    use super::Descriptors;

    type Step = Result<String, String>;
    type Rules = BTreeMap<i64, Vec<SeccompRule>>;

    fn said(error: impl std::fmt::Display) -> String {
        error.to_string()
    }

    /// What follows confines the calling thread and those it starts: another one would stay free.
    pub(super) fn single_thread() -> Step {
        match std::fs::read_dir("/proc/self/task").map_err(said)?.count() {
            1 => Ok(String::new()),
            threads => Err(format!("there are {threads} threads already; `child_main` has to come first in `main`")),
        }
    }

    pub(super) fn no_new_privileges() -> Step {
        rustix::thread::set_no_new_privs(true).map_err(said)?;
        // Also closes this process's memory to other processes of the same user.
        set_dumpable_behavior(DumpableBehavior::NotDumpable).map_err(said)?;
        Ok(String::new())
    }

    /// A ruleset that handles everything and allows nothing.
    pub(super) fn landlock() -> Step {
        let newest = ABI::V6;
        let status = Ruleset::default()
            .set_compatibility(landlock::CompatLevel::BestEffort)
            .handle_access(AccessFs::from_all(newest))
            .and_then(|rules| rules.handle_access(AccessNet::from_all(newest)))
            .and_then(|rules| rules.scope(Scope::from_all(newest)))
            .and_then(Ruleset::create)
            .and_then(landlock::RulesetCreated::restrict_self)
            .map_err(said)?;
        let abi = match status.landlock {
            LandlockStatus::Available { effective_abi, .. } => effective_abi as i32,
            _ => 0,
        };
        match status.ruleset {
            RulesetStatus::FullyEnforced => Ok(format!(" (abi {abi})")),
            // Older kernels do not know network and scope; seccomp below covers both.
            RulesetStatus::PartiallyEnforced => Ok(format!(" (files, abi {abi})")),
            RulesetStatus::NotEnforced => Err("the kernel does not enforce it".to_owned()),
        }
    }

    pub(super) fn limits(memory_bytes: u64) -> Step {
        let limits = [
            (Resource::As, memory_bytes),
            (Resource::Core, 0),
            (Resource::Fsize, 0),
            (Resource::Nofile, FILES_MAX),
            (Resource::Memlock, 0),
            (Resource::Msgqueue, 0),
        ];
        for (resource, limit) in limits {
            setrlimit(resource, Rlimit { current: Some(limit), maximum: Some(limit) }).map_err(said)?;
        }
        Ok(String::new())
    }

    /// Two filters: the first turns `clone3` away so that the C library falls back to `clone`, whose flags a filter can
    /// read; the second kills the process on anything that is not on the list.
    pub(super) fn seccomp(descriptors: &Descriptors) -> Step {
        let no_clone3 = Rules::from([(libc::SYS_clone3, vec![])]);
        let enosys = SeccompAction::Errno(libc::ENOSYS.unsigned_abs());
        let fallback = compile(no_clone3, SeccompAction::Allow, enosys)?;
        let allowed = compile(allowed(descriptors).map_err(said)?, SeccompAction::KillProcess, SeccompAction::Allow)?;
        apply_filter(&fallback).map_err(said)?;
        apply_filter(&allowed).map_err(said)?;
        Ok(String::new())
    }

    fn compile(rules: Rules, otherwise: SeccompAction, listed: SeccompAction) -> Result<BpfProgram, String> {
        let arch = std::env::consts::ARCH.try_into().map_err(said)?;
        SeccompFilter::new(rules, otherwise, listed, arch).and_then(TryInto::try_into).map_err(said)
    }

    fn allowed(descriptors: &Descriptors) -> Result<Rules, seccompiler::BackendError> {
        let mut rules: Rules = FREELY.iter().map(|call| (*call, vec![])).collect();
        let parent = u64::from(descriptors.parent.unsigned_abs());
        let mut readable = vec![arg(0, SeccompCmpOp::Eq, parent)?];
        if let Some(file) = descriptors.file {
            readable.push(arg(0, SeccompCmpOp::Eq, u64::from(file.unsigned_abs()))?);
        }
        rules.insert(libc::SYS_read, readable);
        rules.insert(libc::SYS_recvfrom, vec![arg(0, SeccompCmpOp::Eq, parent)?]);
        // The last words of a panic go to a standard error that leads nowhere.
        rules.insert(libc::SYS_write, vec![arg(0, SeccompCmpOp::Eq, parent)?, arg(0, SeccompCmpOp::Eq, 2)?]);
        // Without an address: only to the peer it was born with.
        let connected = vec![condition(0, SeccompCmpOp::Eq, parent)?, condition(4, SeccompCmpOp::Eq, 0)?];
        rules.insert(libc::SYS_sendto, vec![SeccompRule::new(connected)?]);
        // Threads, never processes.
        let thread = libc::CLONE_THREAD.unsigned_abs().into();
        rules.insert(libc::SYS_clone, vec![arg(0, SeccompCmpOp::MaskedEq(thread), thread)?]);
        // Memory that can be written or executed, never made executable.
        let executable = libc::PROT_EXEC.unsigned_abs().into();
        let no_exec = || Ok::<_, seccompiler::BackendError>(vec![arg(2, SeccompCmpOp::MaskedEq(executable), 0)?]);
        rules.insert(libc::SYS_mmap, no_exec()?);
        rules.insert(libc::SYS_mprotect, no_exec()?);
        // The standard library's debug builds ask whether a descriptor is open before they close it.
        rules.insert(libc::SYS_fcntl, vec![arg(1, SeccompCmpOp::Eq, u64::from(libc::F_GETFD.unsigned_abs()))?]);
        let name_thread = u64::from(libc::PR_SET_NAME.unsigned_abs());
        rules.insert(
            libc::SYS_prctl,
            vec![arg(0, SeccompCmpOp::Eq, name_thread)?, arg(0, SeccompCmpOp::Eq, PR_SET_VMA)?],
        );
        Ok(rules)
    }

    fn condition(index: u8, op: SeccompCmpOp, value: u64) -> Result<SeccompCondition, seccompiler::BackendError> {
        SeccompCondition::new(index, SeccompCmpArgLen::Qword, op, value)
    }

    fn arg(index: u8, op: SeccompCmpOp, value: u64) -> Result<SeccompRule, seccompiler::BackendError> {
        SeccompRule::new(vec![condition(index, op, value)?])
    }

    /// Names memory areas, which newer C libraries do.
    const PR_SET_VMA: u64 = 0x5356_4d41;
    const FILES_MAX: u64 = 16;

    /// What computing, waiting and ending take, whatever the arguments. `clone3` is answered by the first filter.
    const FREELY: [i64; 24] = [
        libc::SYS_brk,
        libc::SYS_clock_gettime,
        libc::SYS_clock_nanosleep,
        libc::SYS_clone3,
        libc::SYS_close,
        libc::SYS_exit,
        libc::SYS_exit_group,
        libc::SYS_futex,
        libc::SYS_getpid,
        libc::SYS_getrandom,
        libc::SYS_gettid,
        libc::SYS_madvise,
        libc::SYS_mremap,
        libc::SYS_munmap,
        libc::SYS_nanosleep,
        libc::SYS_restart_syscall,
        libc::SYS_rseq,
        libc::SYS_rt_sigaction,
        libc::SYS_rt_sigprocmask,
        libc::SYS_rt_sigreturn,
        libc::SYS_sched_getaffinity,
        libc::SYS_sched_yield,
        libc::SYS_set_robust_list,
        libc::SYS_sigaltstack,
    ];
}
