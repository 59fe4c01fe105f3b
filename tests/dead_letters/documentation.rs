//! The commands of `docs/dead-letters.md`, as they stand there.

use crate::commands::dlq;
use crate::poison::{self, BROKEN_JSON, BROKEN_TEXT};
use crate::support::broker::KafkaBroker;

const PAGE: &str = include_str!("../../docs/dead-letters.md");
const PROMPT: &str = "$ tonewire dlq ";
/// The configuration comes from the environment here.
const CONFIGURATION: &str = "--config tonewire.toml";

pub fn every_command_of_the_page_on_dead_letters_does_what_it_is_there_for(broker: &'static KafkaBroker) {
    let workspace = poison::workspace_with(broker, &[BROKEN_JSON, BROKEN_TEXT], "tonewire");
    let commands: Vec<&str> = PAGE.lines().filter_map(|line| line.strip_prefix(PROMPT)).collect();
    assert!(commands.len() >= 6, "the page shows list, show and replay: {commands:?}");
    for command in commands {
        // What the shell does with the output is not ours.
        let own = command.split(['>', '|', '#']).next().unwrap_or_default();
        assert!(own.contains(CONFIGURATION), "{own}");
        let own = own.replace(CONFIGURATION, "");
        let mut arguments: Vec<&str> = own.split_whitespace().collect();
        if let Some(at) = arguments.iter().position(|&argument| argument == "--to-topic") {
            arguments[at + 1] = &workspace.input;
        }
        if arguments[0] == "replay" && !arguments.contains(&"--dry-run") && !arguments.contains(&"--yes") {
            arguments.push("--yes");
        }
        let answer = dlq(&workspace, &arguments);
        assert_eq!(answer.code, Some(0), "{command}: {}", answer.errors);
    }
}
