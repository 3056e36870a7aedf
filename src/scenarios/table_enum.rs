//! An enum and the table of its variants' values, declared together.

/// Declares an enum with a value for each variant in `TABLE`, in the order of the variants.
macro_rules! table_enum {
    (
        $(#[$meta:meta])*
        $visibility:vis enum $name:ident: $value:ty {
            $($(#[$variant_meta:meta])* $variant:ident = $row:expr,)+
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        $visibility enum $name {
            $($(#[$variant_meta])* $variant,)+
        }

        impl $name {
            const TABLE: &'static [$value] = &[$($row),+];
        }
    };
}

pub(super) use table_enum;
