//! Messages for people, before they are rendered in a language.
//!
//! A [`Text`] is identified by its English template: English needs no look-up, and JSON, which is the
//! same in every language, uses it directly. Only `src/output` renders texts.

mod lang;
mod parse_error;
mod system;
mod template;
mod zh;

use serde::{Serialize, Serializer};

pub use lang::Lang;
pub use parse_error::ParseError;
pub use template::Argument;
pub(crate) use template::fits;

/// A message with its arguments. Boxed, because every error holds two.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text(Box<Form>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Form {
    /// Text that is not translated: names, numbers, text of a server or of the system.
    Verbatim(String),
    /// The same, with intended line breaks.
    Lines(String),
    /// An English template and its arguments.
    Message(&'static str, Vec<(&'static str, Text)>),
    /// A list.
    List(Vec<Text>),
}

/// Creates a message from an English template and named arguments. The compiler checks that
/// placeholders and names agree; a test checks that a translation exists.
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

    /// Like [`Text::verbatim`], but keeps line breaks. Never for text from outside, whose extra lines could
    /// imitate this program's.
    pub fn lines(text: impl Into<String>) -> Self {
        Self(Box::new(Form::Lines(text.into())))
    }

    /// The text with `change` applied to every part from outside.
    pub fn map_verbatim(&self, change: &dyn Fn(&str) -> String) -> Self {
        Self(Box::new(match &*self.0 {
            Form::Verbatim(text) => Form::Verbatim(change(text)),
            Form::Lines(text) => Form::Lines(change(text)),
            Form::Message(template, arguments) => {
                let arguments = arguments.iter();
                let changed = arguments.map(|(name, text)| (*name, text.map_verbatim(change)));
                Form::Message(template, changed.collect())
            }
            Form::List(items) => {
                Form::List(items.iter().map(|item| item.map_verbatim(change)).collect())
            }
        }))
    }

    /// A message of the system or of a library.
    pub fn of_system(message: impl Into<String>) -> Self {
        system::translate_system_error(message.into())
    }

    /// The system's error number, if the text has one.
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

    /// A message; created by [`text!`], which checks it.
    pub(crate) fn message(template: &'static str, arguments: Vec<(&'static str, Self)>) -> Self {
        Self(Box::new(Form::Message(template, arguments)))
    }

    /// Several texts separated by commas.
    pub fn list(items: impl IntoIterator<Item = Self>) -> Self {
        Self(Box::new(Form::List(items.into_iter().collect())))
    }

    /// Renders the text in a language; for `src/output` only.
    ///
    /// Text from outside is kept on one line: a server must not add a line that looks like a hint or like a
    /// command to the CI system reading the log.
    pub(crate) fn render(&self, lang: Lang) -> String {
        let mut rendered = String::new();
        self.write(lang, &mut rendered, &|words, to| {
            to.push_str(&words.replace('\n', "\\n"));
        });
        rendered
    }

    /// The English text, unchanged, for JSON and other language-independent uses.
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

/// The translation of an English help text or heading.
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
