//! What a process is held to, and what it has taken: processors, processor time, memory.

use std::ffi::OsStr;
use std::process::{Command, Stdio};

/// The processor time of this process so far, all its threads together; `None` where the system does not say.
pub(super) fn cpu_seconds() -> Option<f64> {
    #[cfg(unix)]
    {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
        Some(time.tv_sec as f64 + time.tv_nsec as f64 / 1e9)
    }
    #[cfg(not(unix))]
    None
}

/// The most memory that this process has had, in bytes; `None` where the system does not say.
pub(super) fn peak_bytes() -> Option<u64> {
    let kilobytes = status("VmHWM")?;
    kilobytes.split_whitespace().next()?.parse::<u64>().ok()?.checked_mul(1024)
}

/// What Linux says of this process under a name.
fn status(name: &str) -> Option<String> {
    let text = std::fs::read_to_string("/proc/self/status").ok()?;
    let mut lines = text.lines().filter_map(|line| line.split_once(':'));
    lines.find(|(key, _)| *key == name).map(|(_, value)| value.trim().to_owned())
}

/// The processors that this process may use, and whether another can be held to some of them.
pub(super) struct Processors {
    allowed: Vec<usize>,
    /// Whether there is `taskset`, which holds a process to processors from its start.
    can_pin: bool,
}

impl Processors {
    /// Those of this machine.
    pub(super) fn of_this_machine() -> Processors {
        let said = status("Cpus_allowed_list").and_then(|list| listed(&list));
        let n = std::thread::available_parallelism().map_or(1, usize::from);
        let allowed = said.unwrap_or_else(|| (0..n).collect());
        let mut taskset = Command::new("taskset");
        taskset.arg("--version").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let can_pin = cfg!(target_os = "linux") && taskset.status().is_ok_and(|status| status.success());
        Processors { allowed, can_pin }
    }

    /// How many there are.
    pub(super) fn n(&self) -> usize {
        self.allowed.len()
    }

    /// Whether processes are held to processors.
    pub(super) fn can_pin(&self) -> bool {
        self.can_pin
    }

    /// A call of `program` that runs on the last `n` processors alone, where that can be had; the first has most of the system's work.
    pub(super) fn command(&self, program: &OsStr, n: usize) -> Command {
        if !self.can_pin || n >= self.n() {
            return Command::new(program);
        }
        let last: Vec<String> = self.allowed[self.n() - n..].iter().map(usize::to_string).collect();
        let mut command = Command::new("taskset");
        command.arg("-c").arg(last.join(",")).arg(program);
        command
    }
}

/// The numbers of a list such as `0-2,5`; `None` if it is none.
fn listed(list: &str) -> Option<Vec<usize>> {
    let mut numbers = Vec::new();
    for part in list.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last): (usize, usize) = (first.parse().ok()?, last.parse().ok()?);
        numbers.extend(first..=last);
    }
    Some(numbers)
}

/// What the machine is called: its processor, or the architecture where that is not known.
pub(super) fn processor_name() -> String {
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let mut lines = text.lines().filter_map(|line| line.split_once(':'));
    let name = lines.find(|(key, _)| key.trim() == "model name").map(|(_, value)| value.trim().to_owned());
    name.filter(|name| !name.is_empty()).unwrap_or_else(|| std::env::consts::ARCH.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_processors_are_read() {
        assert_eq!(listed("0"), Some(vec![0]));
        assert_eq!(listed("0-2,5,7-8"), Some(vec![0, 1, 2, 5, 7, 8]));
        assert_eq!(listed(""), None);
        assert_eq!(listed("0-"), None);
    }

    #[test]
    fn a_process_is_held_to_the_last_processors_where_there_are_more() {
        let processors = Processors { allowed: vec![0, 2, 3], can_pin: true };
        let words = |command: &Command| -> Vec<String> {
            let args = command.get_args().map(|arg| arg.to_string_lossy().into_owned());
            std::iter::once(command.get_program().to_string_lossy().into_owned()).chain(args).collect()
        };
        assert_eq!(words(&processors.command("p".as_ref(), 1)), ["taskset", "-c", "3", "p"]);
        assert_eq!(words(&processors.command("p".as_ref(), 2)), ["taskset", "-c", "2,3", "p"]);
        assert_eq!(words(&processors.command("p".as_ref(), 3)), ["p"]);
        let free = Processors { can_pin: false, ..processors };
        assert_eq!(words(&free.command("p".as_ref(), 1)), ["p"]);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn time_and_memory_are_those_of_work_done() {
        let before = cpu_seconds().expect("known here");
        let work: Vec<u64> = (0..4_000_000).map(|n: u64| n.wrapping_mul(n)).collect();
        assert!(work.iter().max() > Some(&0));
        let took = cpu_seconds().expect("known here") - before;
        assert!(took > 0.0005, "{took} s");
        assert!(peak_bytes().expect("known here") > 32_000_000);
    }
}
