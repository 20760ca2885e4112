//! The endpoints for people and groups.

use serde::Serialize;

use super::directory_payloads::{self, ContactPage, Person, RoomDetail, RoomPage};
use super::request::{Effect, Request};
use super::{Api, CallError};
use crate::guid::Guid;

/// Most ids of one look-up; more was an error once (wire protocol).
pub const BATCH: usize = 20;

#[derive(Serialize)]
struct Rooms<'a> {
    guid: &'a Guid,
    room_list: &'a [&'a str],
}

#[derive(Serialize)]
struct Room<'a> {
    guid: &'a Guid,
    room_id: &'a str,
    version: u32,
}

#[derive(Serialize)]
struct Members<'a> {
    guid: &'a Guid,
    room_id: &'a str,
    user_list: &'a [&'a str],
}

#[derive(Serialize)]
struct Users<'a> {
    guid: &'a Guid,
    user_list: &'a [&'a str],
}

#[derive(Serialize)]
struct Contacts<'a> {
    guid: &'a Guid,
    seq: &'a str,
    limit: u32,
}

#[derive(Serialize)]
struct OwnedRooms<'a> {
    guid: &'a Guid,
    start_index: i64,
    limit: u32,
}

fn read(path: &'static str, body: &impl Serialize) -> Request {
    Request::post(path, Effect::Read, body)
}

impl Api {
    /// The groups with these ids, without `R:`; at most [`BATCH`]. Servers leave some out.
    ///
    /// # Errors
    /// Those of any call, see [`CallError`].
    pub fn room_details(
        &self,
        guid: &Guid,
        room_list: &[&str],
    ) -> Result<Vec<RoomDetail>, CallError> {
        let body = Rooms { guid, room_list };
        let request = read("/room/batch_get_room_detail", &body);
        self.call(&request, directory_payloads::rooms)
    }

    /// One group, for those that a batch leaves out.
    ///
    /// # Errors
    /// Those of any call, see [`CallError`].
    pub fn room_info(&self, guid: &Guid, room_id: &str) -> Result<Vec<RoomDetail>, CallError> {
        let body = Room {
            guid,
            room_id,
            version: 0,
        };
        let request = read("/room/sync_room_info", &body);
        self.call(&request, directory_payloads::rooms)
    }

    /// These members of a group; at least one, at most [`BATCH`].
    ///
    /// # Errors
    /// Those of any call, see [`CallError`].
    pub fn member_details(
        &self,
        guid: &Guid,
        room_id: &str,
        user_list: &[&str],
    ) -> Result<Vec<Person>, CallError> {
        let body = Members {
            guid,
            room_id,
            user_list,
        };
        let request = read("/room/batch_get_member_detail", &body);
        self.call(&request, directory_payloads::persons)
    }

    /// The people with these ids; at most [`BATCH`]. Servers leave some out.
    ///
    /// # Errors
    /// Those of any call, see [`CallError`].
    pub fn user_infos(&self, guid: &Guid, user_list: &[&str]) -> Result<Vec<Person>, CallError> {
        let body = Users { guid, user_list };
        let request = read("/contact/batch_get_userinfo", &body);
        self.call(&request, directory_payloads::persons)
    }

    /// One page of the contacts after `seq`; empty for the first.
    ///
    /// # Errors
    /// Those of any call, see [`CallError`].
    pub fn contact_page(
        &self,
        guid: &Guid,
        seq: &str,
        limit: u32,
    ) -> Result<ContactPage, CallError> {
        let request = read("/contact/sync_contact", &Contacts { guid, seq, limit });
        self.call(&request, directory_payloads::contact_page)
    }

    /// One page of the groups that the account owns.
    ///
    /// # Errors
    /// Those of any call, see [`CallError`].
    pub fn room_page(
        &self,
        guid: &Guid,
        start_index: i64,
        limit: u32,
    ) -> Result<RoomPage, CallError> {
        let body = OwnedRooms {
            guid,
            start_index,
            limit,
        };
        self.call(
            &read("/room/get_room_list", &body),
            directory_payloads::room_page,
        )
    }
}
