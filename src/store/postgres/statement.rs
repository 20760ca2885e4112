//! Parameters of statements. Their types are given, so that a statement takes one round trip.

use tokio_postgres::types::{ToSql, Type};

/// A parameter and its type.
pub(super) type Parameter<'p> = (&'p (dyn ToSql + Sync), Type);

/// A text, or NULL.
pub(super) fn text<T: ToSql + Sync>(value: &T) -> Parameter<'_> {
    (value, Type::TEXT)
}

/// A 64-bit number, or NULL.
pub(super) fn int<T: ToSql + Sync>(value: &T) -> Parameter<'_> {
    (value, Type::INT8)
}

/// Bytes.
pub(super) fn bytes<T: ToSql + Sync>(value: &T) -> Parameter<'_> {
    (value, Type::BYTEA)
}
