//! The arguments that say how messages are carried.

use std::time::Duration;

use crate::config::Settings;
use crate::context::Context;
use crate::delivery::Plan;
use crate::error::Error;
use crate::guid::Guid;
use crate::pace::Rate;
use crate::time::parse_duration;

/// How messages are to be carried.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Delivery options")]
pub struct DeliveryArgs {
    /// Send again what may have been delivered already
    #[arg(long)]
    pub resend: bool,

    /// How fast this account may send, over all processes: 20/min, 2/s, 100/h,burst=5 or off
    /// [default: off]
    #[arg(long, value_name = "RATE")]
    pace: Option<String>,

    /// Longest wait for a turn or for another process [default: what --timeout leaves]
    #[arg(long, value_name = "DUR", value_parser = parse_duration)]
    max_wait: Option<Duration>,
}

impl DeliveryArgs {
    /// The plan for sending from `guid`.
    ///
    /// # Errors
    /// A usage error for a bad `--pace`.
    pub fn plan(&self, context: &Context, guid: Guid) -> Result<Plan, Error> {
        let settings = context.settings()?;
        Ok(Plan {
            server: settings.base_url.identity(),
            guid,
            rate: self.rate(settings)?,
            max_wait: self.max_wait,
            resend: self.resend,
            state: context.state_folder(),
            ledger_days: settings.ledger_days,
        })
    }

    fn rate(&self, settings: &Settings) -> Result<Option<Rate>, Error> {
        match self.pace.as_deref() {
            None => Ok(settings.pace),
            Some("off") => Ok(None),
            Some(rate) => rate
                .parse()
                .map(Some)
                .map_err(|why| Error::usage(format!("--pace: {why}; or off"))),
        }
    }
}
