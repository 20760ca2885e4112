//! `qiwei sandbox`: runs the embedded API server, alone or around a command.

mod access;
mod child;
mod log;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use serde::Serialize;
use signal_hook::iterator::Signals;

use crate::commands::{CommandResult, Run};
use crate::context::Context;
use crate::error::Error;
use crate::listener::address::parse_listen_address;
use crate::output::Page;
use crate::sandbox::{
    Dialect, FAULT_KINDS, Fault, FaultSyntax, Gateway, Quirk, Sandbox, ScanScript, Scenario,
};
use crate::signals;
use crate::text::{Text, text};
use crate::time::parse_duration;
use access::Access;
use log::Log;

/// Default port of the interactive demo and of this program.
const DEFAULT_PORT: u16 = 8080;

/// Arguments of `qiwei sandbox`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "The admin path /_sandbox/ of the running server shows its state, requests \
                        and deliveries, and takes faults (see the README)."
)]
pub struct Args {
    /// Address to listen on [default: 127.0.0.1:8080, with CMD any free port]
    #[arg(long, value_name = "ADDR", value_parser = parse_listen_address)]
    listen: Option<SocketAddr>,

    /// Number of online instances
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = parse_count)]
    online: usize,

    /// Number of running instances that are not logged in
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = parse_count)]
    running: usize,

    /// Number of stopped instances
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = parse_count)]
    stopped: usize,

    /// Conversations per account
    #[arg(long, value_name = "N", default_value_t = 6, value_parser = parse_count)]
    sessions: usize,

    /// Limit of instances
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = parse_count)]
    limit: usize,

    /// Envelope dialect: A, B, C or D
    #[arg(long, value_name = "D", default_value_t = Dialect::A)]
    dialect: Dialect,

    /// Latency of every answer
    #[arg(long, value_name = "DUR", default_value = "0s", value_parser = parse_duration)]
    latency: Duration,

    /// Path prefix of every endpoint
    #[arg(
        long,
        value_name = "PATH",
        default_value = "",
        hide_default_value = true
    )]
    prefix: String,

    /// Imitate the hosted gateway: one path for all calls, with credentials that are printed or given to CMD
    #[arg(long)]
    gateway: bool,

    /// Calls of an account in a minute after which the gateway blocks it; 0: never
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = parse_count, requires = "gateway")]
    block_after: usize,

    /// How long the gateway blocks an account
    #[arg(long, value_name = "DUR", default_value = "30min", value_parser = parse_duration, requires = "gateway")]
    block_for: Duration,

    /// Behavior of real servers to imitate; `list` shows all; may be repeated
    #[arg(long, value_name = "NAME")]
    quirk: Vec<String>,

    /// Fault to inject, as KIND[=VALUE][@PATH][*TIMES]; `list` shows all kinds; may be repeated
    #[arg(long, value_name = "SPEC")]
    fault: Vec<String>,

    /// Scripted scan of a login QR code: after=2s, require-code=246810, refuse, expire, never or manual;
    /// `,after=DUR` sets the delay
    #[arg(long, value_name = "SCRIPT", default_value = "after=1s")]
    scan: ScanScript,

    /// Drop every callback, as if the server could not reach the listener
    #[arg(long)]
    no_callbacks: bool,

    /// Delay of callbacks with the quirk late-callbacks
    #[arg(long = "late", value_name = "DUR", default_value = "3s", value_parser = parse_duration)]
    callback_delay: Duration,

    /// Accept any well-formed conversation id as a target, not only those that exist
    #[arg(long)]
    any_target: bool,

    /// Write every request to a file, one JSON object per line
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,

    /// Command to run against the sandbox; its exit status is passed on
    #[arg(value_name = "CMD", last = true)]
    command: Vec<std::ffi::OsString>,
}

fn parse_count(text: &str) -> Result<usize, Text> {
    text.parse()
        .ok()
        .filter(|n| *n <= 10_000)
        .ok_or_else(|| text!("must be a number from 0 to 10000"))
}

#[derive(Serialize)]
struct Listening {
    event: &'static str,
    #[serde(flatten)]
    access: Access,
}

impl Run for Args {
    fn run(self, context: &Context) -> CommandResult {
        if self.quirk.iter().any(|name| name == "list") {
            return print_list(context, Quirk::NAMES.iter().map(|name| (*name).to_owned()));
        }
        if self.fault.iter().any(|spec| spec == "list") {
            return print_list(context, FAULT_KINDS.iter().map(fault_help));
        }
        let alone = self.command.is_empty();
        let log = Log::new(context, self.record.as_deref(), alone)?;
        // From here on a signal shuts the sandbox down cleanly.
        let signals = signals::watch()?;
        let sandbox = self.start(context, log)?;
        if alone {
            serve(context, &sandbox, signals)
        } else {
            context.output.note(&text!(
                "sandbox on {base_url}",
                base_url = sandbox.base_url()
            ));
            child::run(context, &sandbox, signals, &self.command)
        }
    }
}

impl Args {
    fn start(&self, context: &Context, log: Log) -> Result<Sandbox, Error> {
        let port = if self.command.is_empty() {
            DEFAULT_PORT
        } else {
            0
        };
        let usual = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let address = self.listen.unwrap_or(usual);
        if !address.ip().is_loopback() {
            context.output.warn(&if self.gateway {
                text!(
                    "the sandbox's admin path has no authentication; anyone who can reach the address can use it"
                )
            } else {
                text!(
                    "the sandbox has no authentication; anyone who can reach the address can use it"
                )
            });
        }
        Sandbox::start(address, self.scenario()?, log.observer()).map_err(|e| {
            Error::usage(text!(
                "cannot listen on {address}: {error}",
                address,
                error = e
            ))
            .hint(text!(
                "choose another address, or any free port with --listen 127.0.0.1:0"
            ))
        })
    }

    fn scenario(&self) -> Result<Scenario, Error> {
        if self.online + self.running + self.stopped > self.limit {
            return Err(Error::usage(text!(
                "more instances than --limit {limit} allows",
                limit = self.limit
            )));
        }
        let prefix = self.prefix.trim_matches('/');
        Ok(Scenario {
            online: self.online,
            running: self.running,
            stopped: self.stopped,
            sessions: self.sessions,
            limit: self.limit,
            dialect: self.dialect,
            latency: self.latency,
            quirks: parsed::<Quirk>(&self.quirk, "--quirk")?,
            faults: parsed::<Fault>(&self.fault, "--fault")?,
            scan: self.scan.clone(),
            callbacks: !self.no_callbacks,
            callback_delay: self.callback_delay,
            any_target: self.any_target,
            prefix: if prefix.is_empty() {
                String::new()
            } else {
                format!("/{prefix}")
            },
            gateway: self.gateway.then(|| self.gateway()).transpose()?,
        })
    }

    fn gateway(&self) -> Result<Gateway, Error> {
        let gateway = Gateway::with_random_credentials().map_err(|e| {
            Error::config(text!("cannot create a random token: {error}", error = e))
        })?;
        Ok(Gateway {
            block_after: self.block_after,
            block_for: self.block_for,
            ..gateway
        })
    }
}

fn parsed<T: std::str::FromStr<Err = String>>(
    texts: &[String],
    flag: &str,
) -> Result<Vec<T>, Error> {
    texts
        .iter()
        .map(|text| {
            text.parse()
                .map_err(|why| Error::usage(text!("{flag} {text}: {why}", flag, text, why)))
        })
        .collect()
}

fn fault_help(form: &FaultSyntax) -> String {
    let spec = match form.value {
        "" => form.name.to_owned(),
        value => format!("{}={value}", form.name),
    };
    format!("{spec:<20}{}", form.help)
}

fn print_list(context: &Context, lines: impl Iterator<Item = String>) -> CommandResult {
    let lines: Vec<String> = lines.collect();
    context.output.result(&lines, |lines| {
        lines.iter().map(Text::verbatim).collect::<Page>()
    })?;
    Ok(ExitCode::SUCCESS)
}

fn serve(context: &Context, sandbox: &Sandbox, signals: Signals) -> CommandResult {
    let view = Listening {
        event: "listening",
        access: Access::to(sandbox),
    };
    context.output.result(&view, |view| view.access.page())?;
    context
        .output
        .note(&text!("the sandbox is listening; press Ctrl-C to stop"));
    Ok(signals::exit_code(signals::wait(signals)))
}
