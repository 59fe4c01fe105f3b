//! The command line: a file per command.
//!
//! Exit codes: 0 done; 1 some input or the service failed; 2 usage or configuration; 130 and 143 ended
//! by a second SIGINT or SIGTERM. A reader that goes away (`| head`) ends a command quietly with 0.

mod bench;
mod check;
mod completions;
mod demo;
mod dlq;
mod enrich;
mod eval;
mod failure;
mod man;
mod print_config;
mod progress;
mod run;
mod schema;
mod server;
mod signals;
mod top;
mod version;
mod watchlist;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use failure::Failure;

/// Raw news articles in, their actors and the sentiment toward each out, beside a Kafka cluster.
#[derive(Debug, Parser)]
#[command(
    name = "tonewire",
    arg_required_else_help = true,
    max_term_width = 100,
    after_help = "Examples:
  tonewire demo                                 everything at work, nothing installed
  tonewire enrich article.txt                   what it finds in one article
  tonewire check --config tonewire.toml --connect
  tonewire run --config tonewire.toml
  tonewire top                                  its throughput, lag and latency, while it runs

Exit codes: 0 done, 1 some input or the service failed, 2 usage or configuration."
)]
struct Arguments {
    /// Print the versions of program, model and librdkafka.
    #[arg(short = 'V', long)]
    version: bool,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    Demo(demo::Arguments),
    Run(run::Arguments),
    Enrich(enrich::Arguments),
    Check(check::Arguments),
    Top(top::Arguments),
    Dlq(dlq::Arguments),
    PrintConfig(print_config::Arguments),
    Schema(schema::Arguments),
    Eval(eval::Arguments),
    Bench(bench::Arguments),
    Completions(completions::Arguments),
    Man(man::Arguments),
}

/// Runs the program on the arguments of this process.
#[must_use]
pub fn main() -> ExitCode {
    failure::report_defects_in_one_line();
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(answer) => {
            // Help, or what is wrong. A reader that is gone cannot be told either.
            let _ = answer.print();
            return ExitCode::from(u8::try_from(answer.exit_code()).unwrap_or(2));
        }
    };
    failure::exit_code(execute(arguments))
}

fn execute(arguments: Arguments) -> Result<(), Failure> {
    match arguments.command {
        _ if arguments.version => version::print(),
        Some(Command::Demo(arguments)) => demo::execute(&arguments),
        Some(Command::Run(arguments)) => run::execute(&arguments),
        Some(Command::Enrich(arguments)) => enrich::execute(&arguments),
        Some(Command::Check(arguments)) => check::execute(&arguments),
        Some(Command::Top(arguments)) => top::execute(&arguments),
        Some(Command::Dlq(arguments)) => dlq::execute(&arguments),
        Some(Command::PrintConfig(arguments)) => print_config::execute(&arguments),
        Some(Command::Schema(arguments)) => schema::execute(&arguments),
        Some(Command::Eval(arguments)) => eval::execute(&arguments),
        Some(Command::Bench(arguments)) => bench::execute(&arguments),
        Some(Command::Completions(arguments)) => completions::execute(&arguments),
        Some(Command::Man(arguments)) => man::execute(&arguments),
        None => Err(Failure::Usage("name a command; `tonewire --help` lists them".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        super::Arguments::command().debug_assert();
    }
}
