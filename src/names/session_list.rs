//! The session list, page by page.

use std::collections::HashSet;

use crate::api::{Api, CallError, ConversationEntry};
use crate::guid::Guid;

/// Conversations per page when all are read: fewer requests than with the 100 of the vendor's API reference.
const LARGE_PAGE: u32 = 500;
/// Conversations per page in the vendor's API reference.
pub const USUAL_PAGE: u32 = 100;

/// The conversations read so far, and where the next page starts.
pub struct SessionList {
    /// The conversations, in the server's order.
    pub entries: Vec<ConversationEntry>,
    known: HashSet<String>,
    /// Where the next page starts.
    pub cursor: String,
    cursors: HashSet<String>,
    /// Entries without a readable id.
    pub unreadable: usize,
    /// Pages read.
    pub pages: usize,
    /// The server repeated a cursor although the page had new entries.
    pub has_repeated_cursor: bool,
    /// Whether there may be another page.
    pub has_next: bool,
}

impl SessionList {
    /// An empty list, to be read from this cursor on.
    pub fn new(begin_seq: &str) -> Self {
        Self {
            entries: Vec::new(),
            known: HashSet::new(),
            cursor: begin_seq.to_owned(),
            cursors: HashSet::from([begin_seq.to_owned()]),
            unreadable: 0,
            pages: 0,
            has_repeated_cursor: false,
            has_next: true,
        }
    }

    /// Reads all pages. The protocol does not document the last page, and servers return fewer
    /// entries than asked for, so reading ends only at an empty page, at a cursor that is missing
    /// or 0, or at a page without anything new.
    ///
    /// # Errors
    /// Those of any call.
    pub fn read_pages(&mut self, api: &Api, guid: &Guid, limit: u32) -> Result<(), CallError> {
        while self.has_next {
            self.read_page(api, guid, limit)?;
        }
        Ok(())
    }

    /// Reads one page.
    ///
    /// # Errors
    /// Those of any call.
    pub fn read_page(&mut self, api: &Api, guid: &Guid, limit: u32) -> Result<(), CallError> {
        let page = api.session_page(guid, &self.cursor, limit)?;
        self.pages += 1;
        let unreadable = page.size - page.sessions.len();
        self.unreadable += unreadable;
        let before = self.entries.len();
        for entry in page.sessions {
            if self.known.insert(entry.conversation_id.clone()) {
                self.entries.push(entry);
            }
        }
        let has_new = self.entries.len() > before;
        self.has_next = false;
        if let Some(next) = page.next_seq.filter(|next| next != "0") {
            let is_repeated = self.cursors.contains(&next);
            // A repeated cursor is followed as long as it brings new entries, and a new one also past
            // a page of unreadable entries.
            if has_new || (unreadable > 0 && !is_repeated) {
                self.has_repeated_cursor |= is_repeated;
                self.cursors.insert(next.clone());
                self.cursor = next;
                self.has_next = true;
            }
        }
        Ok(())
    }

    /// Reads all pages, with as few requests as the server allows.
    ///
    /// # Errors
    /// Those of any call.
    pub fn read_in_large_pages(&mut self, api: &Api, guid: &Guid) -> Result<(), CallError> {
        match self.read_page(api, guid, LARGE_PAGE) {
            // The largest page is not documented.
            Err(CallError::Refused(refusal)) if refusal.may_be_about_endpoint() => {
                self.read_pages(api, guid, USUAL_PAGE)
            }
            Err(error) => Err(error),
            Ok(()) => self.read_pages(api, guid, LARGE_PAGE),
        }
    }
}
