//! `qiwei config path`: prints the path of the config file.

use serde::Serialize;

use crate::context::Context;
use crate::error::Error;
use crate::text::Text;

/// Arguments of `qiwei config path`.
#[derive(Debug, clap::Args)]
pub struct Args {}

#[derive(Serialize)]
struct Place {
    path: String,
    exists: bool,
}

impl Args {
    /// Prints the path.
    pub fn run(self, context: &Context) -> Result<(), Error> {
        let path = context.config_location()?.path;
        let place = Place {
            path: path.display().to_string(),
            exists: path.exists(),
        };
        context
            .output
            .result(&place, |place| Text::verbatim(place.path.as_str()))
    }
}
