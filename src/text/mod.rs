//! What people read, before it is put into their language.
//!
//! A [`Text`] is named by its English template, so English needs no look-up and JSON, which is
//! the same in every language, takes it as it is. Only `src/output` renders.

mod argument;

mod lang;
mod parse_error;
mod system;
mod template;
mod zh;

use serde::{Serialize, Serializer};

pub use argument::Argument;
pub use lang::Lang;
pub use parse_error::ParseError;
pub(crate) use template::fits;

/// A message for people, with what it tells of. Small, because every error carries two.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text(Box<Form>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Form {
    /// Nothing of ours: names, numbers, the words of a server or of the system.
    Verbatim(String),
    /// The same, of several lines that are meant to be lines.
    Lines(String),
    /// An English template and what its places hold.
    Message(&'static str, Vec<(&'static str, Text)>),
    /// Several of one kind.
    List(Vec<Text>),
}

/// A message: its English template and, by name, what belongs into the places of it. The
/// compiler checks that places and names agree; a test, that there is a translation.
macro_rules! text {
    ($template:literal $(, $name:ident $(= $value:expr)?)* $(,)?) => {{
        const { assert!($crate::text::fits($template, &[$(stringify!($name)),*])) };
        $crate::text::Text::message(
            $template,
            vec![$((
                stringify!($name),
                $crate::text::Argument::to_text(&$crate::text::text!(@value $name $(= $value)?)),
            )),*],
        )
    }};
    (@value $name:ident) => { $name };
    (@value $name:ident = $value:expr) => { $value };
}
pub(crate) use text;

impl Text {
    /// Text that is the same in every language.
    pub fn verbatim(text: impl Into<String>) -> Self {
        Self(Box::new(Form::Verbatim(text.into())))
    }

    /// [`Text::verbatim`], but what looks like several lines is meant so. Never for words from
    /// outside: a line of theirs would pass for one of ours.
    pub fn lines(text: impl Into<String>) -> Self {
        Self(Box::new(Form::Lines(text.into())))
    }

    /// The same with every word from outside changed.
    pub fn with_words(&self, change: &dyn Fn(&str) -> String) -> Self {
        Self(Box::new(match &*self.0 {
            Form::Verbatim(text) => Form::Verbatim(change(text)),
            Form::Lines(text) => Form::Lines(change(text)),
            Form::Message(template, arguments) => {
                let arguments = arguments.iter();
                let changed = arguments.map(|(name, text)| (*name, text.with_words(change)));
                Form::Message(template, changed.collect())
            }
            Form::List(items) => {
                Form::List(items.iter().map(|item| item.with_words(change)).collect())
            }
        }))
    }

    /// The words of the system or of a library for what went wrong.
    pub fn of_system(words: impl Into<String>) -> Self {
        system::words(words.into())
    }

    /// The number of the system's error that this tells of, where there is one.
    pub fn system_code(&self) -> Option<i32> {
        let Form::Message(template, arguments) = &*self.0 else {
            return None;
        };
        let mut inner = arguments.iter().map(|(_, text)| text);
        match *template {
            system::WITH_CODE => inner.find_map(|text| match &*text.0 {
                Form::Verbatim(code) => code.parse().ok(),
                _ => None,
            }),
            _ => inner.find_map(Self::system_code),
        }
    }

    /// A message; written with [`text!`], which checks it.
    pub(crate) fn message(template: &'static str, arguments: Vec<(&'static str, Self)>) -> Self {
        Self(Box::new(Form::Message(template, arguments)))
    }

    /// Several texts, with commas between them.
    pub fn list(items: impl IntoIterator<Item = Self>) -> Self {
        Self(Box::new(Form::List(items.into_iter().collect())))
    }

    /// The text in a language. For the output door; nothing else knows the language.
    ///
    /// Words from outside stay on their line: a server must not be able to put one of its own
    /// below ours, a forged hint or a command to the CI system that reads the log.
    pub(crate) fn render(&self, lang: Lang) -> String {
        let mut rendered = String::new();
        self.write(lang, &mut rendered, &|words, to| {
            to.push_str(&words.replace('\n', "\\n"));
        });
        rendered
    }

    /// The text in English: for JSON, and for whatever else is the same in every language. Nothing
    /// in it is changed.
    pub fn english(&self) -> String {
        let mut english = String::new();
        self.write(Lang::En, &mut english, &|words, to| to.push_str(words));
        english
    }

    fn write(&self, lang: Lang, to: &mut String, verbatim: &dyn Fn(&str, &mut String)) {
        match &*self.0 {
            Form::Verbatim(text) => verbatim(text, to),
            Form::Lines(text) => to.push_str(text),
            Form::Message(template, arguments) => {
                let template = match lang {
                    Lang::En => template,
                    Lang::Zh => zh::find(template).unwrap_or(template),
                };
                template::fill(template, to, |name, to| {
                    let argument = arguments.iter().find(|(known, _)| *known == name);
                    argument
                        .map(|(_, text)| text.write(lang, to, verbatim))
                        .is_some()
                });
            }
            Form::List(items) => {
                for (place, item) in items.iter().enumerate() {
                    match lang {
                        _ if place == 0 => {}
                        Lang::En => to.push_str(", "),
                        Lang::Zh => to.push('、'),
                    }
                    item.write(lang, to, verbatim);
                }
            }
        }
    }
}

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&self.english())
    }
}

/// `text`, an English help text or heading, in `lang`.
pub(crate) fn translated(text: &str, lang: Lang) -> Option<&'static str> {
    match lang {
        Lang::En => None,
        Lang::Zh => zh::find(text),
    }
}

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
