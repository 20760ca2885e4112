//! `qiwei instance use`: selects the current instance.

use serde::Serialize;

use crate::api::CallError;
use crate::api::request::Effect;
use crate::context::Context;
use crate::error::Error;
use crate::guid::Guid;
use crate::instances;
use crate::text::{Text, text};

/// Arguments of `qiwei instance use`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Instance to make current
    #[arg(
        value_name = "GUID",
        required_unless_present = "auto",
        conflicts_with = "auto"
    )]
    instance: Option<Guid>,

    /// Use the only online instance
    #[arg(long)]
    auto: bool,

    /// Save it without checking that it exists
    #[arg(long, conflicts_with = "auto")]
    no_check: bool,
}

#[derive(Serialize)]
struct Current<'a> {
    guid: &'a Guid,
    current: bool,
}

impl Args {
    /// Saves the selection.
    pub fn run(self, context: &Context) -> Result<(), Error> {
        let guid = match self.instance {
            None => {
                let seen = instances::list_with_statuses(context.api()?)?;
                instances::detect(&seen, |online| instances::describe(context, online))?
            }
            Some(guid) => {
                if self.no_check {
                    guid
                } else {
                    checked(context, guid)?
                }
            }
        };
        context.save_guid(&guid)?;
        let view = Current {
            guid: &guid,
            current: true,
        };
        context
            .output
            .result(&view, |view| Text::verbatim(view.guid.as_str()))
    }
}

/// The instance if the server has it; an abbreviated guid is completed.
fn checked(context: &Context, guid: Guid) -> Result<Guid, Error> {
    let api = context.api()?;
    let unchecked = |error: CallError| {
        let wrong_guid = match &error {
            CallError::Refused(refusal) if refusal.is_offline_or_bad_guid() => {
                Some(instances::wrong_guid_hint(refusal))
            }
            _ => None,
        };
        let error = error.into_error(Effect::Read);
        if let Some(hint) = wrong_guid {
            return error.hint(hint);
        }
        error.hint(text!("use --no-check to save it without asking the server"))
    };
    let known = match api.all_clients() {
        // The gateway lists none, but knows the status of each.
        Err(CallError::Refused(refusal)) if refusal.is_console_only() => {
            api.client_status(&guid).map_err(unchecked)?;
            return Ok(guid);
        }
        known => known.map_err(unchecked)?,
    };
    if known.contains(&guid) {
        return Ok(guid);
    }
    if guid.may_be_abbreviated() {
        return instances::only_beginning_with(&known, &guid);
    }
    let names: Vec<&str> = known.iter().map(Guid::as_str).collect();
    let error = Error::config(text!("the server has no instance {guid}", guid));
    Err(if names.is_empty() {
        error.hint(text!(
            "it has no instances; create one with `qiwei instance create`"
        ))
    } else {
        error.hint(text!("it has: {names}", names = names.join(", ")))
    })
}
