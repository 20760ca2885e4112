//! Arguments that control delivery.

use std::time::Duration;

use crate::context::Context;
use crate::delivery::{OnNoState, SendOptions};
use crate::error::Error;
use crate::guid::Guid;
use crate::pace::Rate;
use crate::text::{Text, text};
use crate::time::parse_duration;

/// Delivery options of `send` and `at`.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Delivery options")]
pub struct DeliveryArgs {
    /// Send again although an earlier attempt may have been delivered
    #[arg(long)]
    pub resend: bool,

    /// Rate limit of the account, such as 20/min, or off
    ///
    /// 20/min, 2/s, 100/h,burst=5 or off; shared by all processes [default: the setting `pace`; off, with the gateway
    /// 48/min,burst=10]
    #[arg(long, value_name = "RATE", value_parser = Pace::parse)]
    pace: Option<Pace>,

    /// Longest wait before a message is sent
    ///
    /// For the pace, for another process, or for a pause that the server asks for
    /// [default: the rest of --timeout; for a pause in a batch 2min]
    #[arg(long, value_name = "DUR", value_parser = parse_duration)]
    pub max_wait: Option<Duration>,

    /// What to do when the ledger or the pace cannot be used
    #[arg(long, value_name = "WHAT", value_enum, default_value_t)]
    on_no_state: OnNoState,
}

impl DeliveryArgs {
    /// The pace given with the flag.
    pub fn pace(&self) -> Option<Option<Rate>> {
        self.pace.map(|Pace(rate)| rate)
    }

    /// The options for sending from `guid`.
    ///
    /// # Errors
    /// As [`Settings::resolve`](crate::config::Settings::resolve).
    pub fn send_options(&self, context: &Context, guid: Guid) -> Result<SendOptions, Error> {
        let settings = context.settings()?;
        Ok(SendOptions {
            server: settings.server_identity(),
            guid,
            max_wait: self.max_wait,
            resend: self.resend,
            state: context.state()?,
            ledger_days: settings.ledger_days,
            on_no_state: self.on_no_state,
        })
    }
}

/// A rate, or `off`.
#[derive(Clone, Copy, Debug)]
struct Pace(Option<Rate>);

impl Pace {
    fn parse(text: &str) -> Result<Self, Text> {
        match text.trim() {
            "off" => Ok(Self(None)),
            rate => match rate.parse() {
                Ok(rate) => Ok(Self(Some(rate))),
                Err(why) => Err(text!("{why}; or off", why)),
            },
        }
    }
}
