//! `qiwei at`: a text to a group that mentions members of it.

use super::deliver::deliver;
use super::dry_run;
use super::message::TextArgs;
use crate::api::request::{self, Mentions};
use crate::context::Context;
use crate::conversation::is_id;
use crate::error::Error;
use crate::instances;

/// Where a mention stands in the text.
const PLACEHOLDER: &str = "{$@}";

/// Arguments of `qiwei at`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Each {$@} in TEXT is the place of one mention, in the order of --user. \
                        Without any, the server puts the mentions itself."
)]
pub struct Args {
    /// Group (R:…) or an alias of the config
    #[arg(value_name = "ROOM")]
    room: String,

    #[command(flatten)]
    text: TextArgs,

    /// User ids to mention; may be repeated
    #[arg(long, value_name = "ID", num_args = 1.., required_unless_present = "all", conflicts_with = "all")]
    user: Vec<String>,

    /// Mention everyone (the server allows it to the owner and admins)
    #[arg(long)]
    all: bool,

    /// Send even if the number of {$@} does not fit the mentions
    #[arg(long)]
    no_check: bool,

    /// Show the request and send nothing
    #[arg(long)]
    dry_run: bool,
}

impl Args {
    /// Sends the mention.
    pub fn run(mut self, context: &Context) -> Result<(), Error> {
        let room = context.settings()?.conversation(&self.room)?;
        if !room.is_group() {
            return Err(
                Error::usage(format!("{room} is a person; only groups have mentions"))
                    .hint(format!("to write to a person: `qiwei send {room} TEXT`")),
            );
        }
        self.give_text_back();
        let mentions = mentions(self.user, self.all)?;
        let text = self.text.read(context)?;
        if !self.no_check {
            check_placeholders(&text, mentions.count())?;
        }
        let guid = instances::choose(context)?;
        let request = request::send_room_at(&guid, &room, &text, &mentions);
        if self.dry_run {
            return dry_run::show(context, &[request]);
        }
        deliver(context, &guid, &room, &request)
    }

    /// In `at ROOM --user ID TEXT` the parser takes TEXT for another id. An id is digits, so the
    /// last value is the text when there is none yet and it cannot be an id.
    fn give_text_back(&mut self) {
        let takes = self.text.text.is_none()
            && self.text.file.is_none()
            && self.user.len() > 1
            && self.user.last().is_some_and(|last| !looks_like_ids(last));
        if takes {
            self.text.text = self.user.pop();
        }
    }
}

fn looks_like_ids(text: &str) -> bool {
    text.split(',').all(is_id)
}

fn mentions(values: Vec<String>, all: bool) -> Result<Mentions, Error> {
    if all {
        return Ok(Mentions::All);
    }
    let mut ids: Vec<String> = Vec::new();
    for id in values.iter().flat_map(|value| value.split(',')) {
        if !is_id(id) {
            return Err(Error::usage(format!("--user {id:?}: a user id is digits"))
                .hint("ids look like 1688856814580613; to mention everyone use --all"));
        }
        if ids.iter().any(|known| known == id) {
            return Err(Error::usage(format!("--user {id} is given twice")));
        }
        ids.push(id.to_owned());
    }
    Ok(Mentions::Users(ids))
}

/// That the number of placeholders must equal the number of mentions is documented only for a
/// sibling of the server; no placeholder at all is fine everywhere.
fn check_placeholders(text: &str, mentions: usize) -> Result<(), Error> {
    let places = text.matches(PLACEHOLDER).count();
    if places == 0 || places == mentions {
        return Ok(());
    }
    Err(Error::usage(format!(
        "the text has {places} {PLACEHOLDER} for {mentions} mention{}",
        if mentions == 1 { "" } else { "s" }
    ))
    .hint("use as many as there are mentions, or none; --no-check sends it anyway"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ids_come_one_by_one_or_with_commas() {
        let ids =
            |values: &[&str]| mentions(values.iter().map(ToString::to_string).collect(), false);
        let expected = Mentions::Users(vec!["1".into(), "2".into(), "3".into()]);
        assert_eq!(ids(&["1,2", "3"]).unwrap(), expected);
        for bad in [&["x"][..], &["1,"], &[""], &["1", "1"], &["@all"]] {
            assert_eq!(ids(bad).unwrap_err().exit, 2, "{bad:?}");
        }
    }

    #[test]
    fn placeholders_are_none_or_as_many_as_mentions() {
        for (text, mentions, fits) in [
            ("x", 2, true),
            ("{$@}", 1, true),
            ("{$@}{$@}", 2, true),
            ("{$@}", 2, false),
            ("{$@} {$@}", 1, false),
            ("{$ @}", 3, true),
        ] {
            assert_eq!(check_placeholders(text, mentions).is_ok(), fits, "{text}");
        }
    }

    proptest! {
        #[test]
        fn the_check_counts_what_is_there(places in 0usize..6, mentions in 1usize..6) {
            let text = "a {$@".to_owned() + &"{$@}".repeat(places);
            let fits = places == 0 || places == mentions;
            prop_assert_eq!(check_placeholders(&text, mentions).is_ok(), fits);
        }
    }
}
