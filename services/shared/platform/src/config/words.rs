//! Settings with a few valid words. The error for any other word lists the valid ones.

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
                    other => Err(format!("\"{other}\" is not one of {}", [$($word),+].join(", "))),
                }
            }
        }
    };
}

words! {
    /// Form of the log lines.
    LogFormat {
        /// For people.
        Human = "human",
        /// For machines.
        Json = "json",
    }
}

words! {
    /// Whether clients need certificates.
    ClientCertificates {
        /// No client is asked for a certificate.
        Off = "off",
        /// Services and platforms need one, people do not.
        Optional = "optional",
        /// Every client needs one.
        Required = "required",
    }
}

words! {
    /// Oldest TLS version.
    TlsVersion {
        /// Only 1.3.
        Modern = "1.3",
        /// 1.2 as well.
        Older = "1.2",
    }
}

words! {
    /// Signature algorithm of people's tokens.
    Algorithm {
        /// Ed25519.
        EdDsa = "EdDSA",
        /// ECDSA with P-256.
        Es256 = "ES256",
        /// RSA with SHA-256.
        Rs256 = "RS256",
    }
}
