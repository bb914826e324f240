//! Settings that are one of a few words. A wrong one is told with those that would be right.

use serde::Deserialize;

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$word_doc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
        #[serde(try_from = "String")]
        pub enum $name { $($(#[$word_doc])* $variant,)+ }

        impl TryFrom<String> for $name {
            type Error = String;

            fn try_from(word: String) -> Result<Self, String> {
                match word.as_str() {
                    $($word => Ok(Self::$variant),)+
                    other => Err(format!("\"{other}\" is none of {}", [$($word),+].join(", "))),
                }
            }
        }
    };
}

words! {
    /// How log lines look.
    LogFormat {
        /// For people.
        Human = "human",
        /// For machines.
        Json = "json",
    }
}

words! {
    /// Whether clients show certificates.
    ClientCertificates {
        /// Nobody is asked for one.
        Off = "off",
        /// Services and platforms have to, people need not.
        Optional = "optional",
        /// Everybody has to.
        Required = "required",
    }
}

words! {
    /// Oldest TLS that is spoken.
    TlsVersion {
        /// 1.3 only.
        Modern = "1.3",
        /// 1.2 as well.
        Older = "1.2",
    }
}

words! {
    /// How people's tokens are signed.
    Algorithm {
        /// Ed25519.
        EdDsa = "EdDSA",
        /// ECDSA with P-256.
        Es256 = "ES256",
        /// RSA with SHA-256.
        Rs256 = "RS256",
    }
}
