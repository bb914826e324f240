//! Prepares every statement of every crate against the migrated schema, so that a wrong table or column cannot land.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use hosting::Name;
use sqlx::{Connection as _, Executor as _, PgConnection, SqlSafeStr as _};
use syn::ext::IdentExt as _;
use syn::visit::Visit;
use testkit::database;

/// A statement in the form of its source.
enum Statement {
    Whole(String),
    /// The content of this file beside the source.
    File(String),
    /// `macro!("where …")`: the text before it in the macro's `concat!`, then this text.
    Concatenated(String, String),
    /// `select::<Row>(…)`: the columns of the row with this name, then this text.
    Selected(String, Box<Statement>),
}

/// A row whose columns are listed once. Its forms are `row! { struct Name in "table" { … } }` and
/// `table! { struct Name of "table" by [key] { … } }`.
struct Declared {
    name: String,
    table: String,
    columns: Vec<String>,
}

impl syn::parse::Parse for Declared {
    fn parse(input: syn::parse::ParseStream<'_>) -> syn::Result<Self> {
        input.call(syn::Attribute::parse_outer)?;
        input.parse::<syn::Visibility>()?;
        input.parse::<syn::Token![struct]>()?;
        let name = input.parse::<syn::Ident>()?.to_string();
        input.call(syn::Ident::parse_any)?;
        let table = input.parse::<syn::LitStr>()?.value();
        let fields;
        if !input.peek(syn::token::Brace) {
            input.parse::<syn::Ident>()?;
            let keys;
            syn::bracketed!(keys in input);
            keys.parse_terminated(syn::Ident::parse_any, syn::Token![,])?;
        }
        syn::braced!(fields in input);
        let fields = fields.parse_terminated(syn::Field::parse_named, syn::Token![,])?;
        let named = fields.into_iter().filter_map(|field| field.ident);
        Ok(Self {
            name,
            table,
            columns: named.map(|ident| ident.unraw().to_string()).collect(),
        })
    }
}

impl Declared {
    fn select(&self, rest: &str) -> String {
        format!("select {} from {} {rest}", self.columns.join(", "), self.table)
    }

    fn insert(&self) -> String {
        let values: Vec<String> = (1..=self.columns.len()).map(|number| format!("${number}")).collect();
        format!(
            "insert into {} ({}) values ({})",
            self.table,
            self.columns.join(", "),
            values.join(", ")
        )
    }
}

/// Finds the first argument of `sqlx::query*` calls, and the parts that it may be built from.
#[derive(Default)]
struct Statements {
    found: Vec<Statement>,
    built: Vec<String>,
    declared: Vec<Declared>,
    /// By the macro's name.
    concatenated: HashMap<String, String>,
}

fn literal(expression: &syn::Expr) -> Option<String> {
    match expression {
        syn::Expr::Lit(syn::ExprLit {
            lit: syn::Lit::Str(text),
            ..
        }) => Some(text.value()),
        _ => None,
    }
}

/// A statement that is known at compile time; `None` for other statements.
fn statement(expression: &syn::Expr) -> Option<Statement> {
    if let Some(text) = literal(expression) {
        return Some(Statement::Whole(text));
    }
    match expression {
        syn::Expr::Macro(called) => {
            let name = called.mac.path.get_ident()?.to_string();
            let text = called.mac.parse_body::<syn::LitStr>().ok()?.value();
            Some(if name == "include_str" {
                Statement::File(text)
            } else {
                Statement::Concatenated(name, text)
            })
        }
        syn::Expr::Call(call) => {
            let syn::Expr::Path(function) = call.func.as_ref() else {
                return None;
            };
            let function = function.path.segments.last()?;
            let syn::PathArguments::AngleBracketed(of) = &function.arguments else {
                return None;
            };
            let Some(syn::GenericArgument::Type(syn::Type::Path(row))) = of.args.first() else {
                return None;
            };
            let is_select = function.ident == "select" || function.ident == "selected";
            let rest = statement(call.args.first()?).filter(|_| is_select)?;
            Some(Statement::Selected(row.path.get_ident()?.to_string(), Box::new(rest)))
        }
        _ => None,
    }
}

impl<'ast> Visit<'ast> for Statements {
    fn visit_item_macro(&mut self, item: &'ast syn::ItemMacro) {
        let tokens = item.mac.tokens.to_string();
        match &item.ident {
            Some(name) if tokens.contains("concat !") => {
                self.concatenated.insert(name.to_string(), literals(&tokens));
            }
            None if item.mac.path.is_ident("row") || item.mac.path.is_ident("table") => {
                self.declared.push(item.mac.parse_body().expect("a row with its table"));
            }
            _ => {}
        }
    }

    fn visit_expr_call(&mut self, call: &'ast syn::ExprCall) {
        if let syn::Expr::Path(path) = call.func.as_ref() {
            let segments: Vec<String> = path
                .path
                .segments
                .iter()
                .map(|segment| segment.ident.to_string())
                .collect();
            let last = segments.last().map(String::as_str).unwrap_or_default();
            if segments.first().is_some_and(|first| first == "sqlx") && last.starts_with("query") {
                match call.args.first().and_then(statement) {
                    Some(statement) => self.found.push(statement),
                    None => self.built.push(segments.join("::")),
                }
            }
        }
        syn::visit::visit_expr_call(self, call);
    }
}

/// All string literals, joined. Pieces of SQL have no escapes.
fn literals(tokens: &str) -> String {
    tokens.split('"').skip(1).step_by(2).collect()
}

/// All complete forms of a statement: one, or in generic code one for each row of the crate.
fn ways(statement: &Statement, file: &Path, here: &Statements, others: &[(PathBuf, Statements)]) -> Vec<String> {
    match statement {
        Statement::Whole(text) => vec![text.clone()],
        Statement::File(name) => {
            vec![std::fs::read_to_string(file.with_file_name(name)).expect("the included file")]
        }
        Statement::Concatenated(name, rest) => {
            let all = others.iter().map(|(_, other)| other);
            let before = all.chain([here]).find_map(|of| of.concatenated.get(name));
            vec![format!(
                "{}{rest}",
                before.unwrap_or_else(|| panic!("{name}! is no macro of concat!"))
            )]
        }
        Statement::Selected(row, rest) => {
            let rest = ways(rest, file, here, others).concat();
            let of_crate: Vec<&Declared> = others.iter().flat_map(|(_, other)| &other.declared).collect();
            let named: Vec<&Declared> = here.declared.iter().filter(|of| of.name == *row).collect();
            let elsewhere = || {
                of_crate
                    .iter()
                    .copied()
                    .filter(|of| of.name == *row)
                    .collect::<Vec<_>>()
            };
            let mut rows = if named.is_empty() { elsewhere() } else { named };
            if rows.is_empty() {
                rows = of_crate;
            }
            rows.into_iter().map(|of| of.select(&rest)).collect()
        }
    }
}

fn rust_files(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(directory).expect("a folder of sources") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The statements of a crate, each with its complete forms.
fn statements(crate_directory: &Path) -> Vec<(PathBuf, Vec<String>)> {
    let mut files = Vec::new();
    rust_files(&crate_directory.join("src"), &mut files);
    let mut sources = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file).expect("a source");
        let mut statements = Statements::default();
        statements.visit_file(&syn::parse_file(&text).expect("it compiles"));
        // The last two build statements from the constants of a row. Each row is tried here.
        let may_build = [
            "platform/src/store.rs",
            "hosting/src/databases.rs",
            "routing/src/store/columns.rs",
            "analytics/src/store/facts/mod.rs",
            "analytics/src/store/rollups.rs",
        ];
        assert!(
            statements.built.is_empty() || may_build.iter().any(|allowed| file.ends_with(allowed)),
            "{}: a statement is put together at run time: {:?}",
            file.display(),
            statements.built
        );
        sources.push((file, statements));
    }
    let mut all = Vec::new();
    for (file, here) in &sources {
        let found = here
            .found
            .iter()
            .map(|of| (file.clone(), ways(of, file, here, &sources)));
        let written = here.declared.iter().map(|of| (file.clone(), vec![of.insert()]));
        all.extend(found.chain(written));
    }
    all
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .expect("the workspace")
}

#[tokio::test]
async fn every_statement_can_be_prepared() {
    let mut count = 0;
    let mut wrong = Vec::new();
    for name in Name::ALL {
        let database = database(name.as_str(), name.migrator()).await;
        let mut connection = PgConnection::connect(&database.url).await.expect("the test's database");
        let shared = [
            "services/shared/personal",
            "services/shared/platform",
            "services/shared/rpc",
            "services/shared/eventlog",
            "services/hosting",
        ]
        .map(|path| root().join(path));
        let own = root().join("services").join(name.as_str());
        for directory in shared.iter().chain([&own]) {
            for (file, ways) in statements(directory) {
                count += 1;
                let mut why = Vec::new();
                for sql in &ways {
                    let prepared = connection
                        .prepare(sqlx::AssertSqlSafe(sql.clone()).into_sql_str())
                        .await;
                    why.extend(
                        prepared
                            .err()
                            .map(|error| format!("{}: {error}\n{sql}", file.display())),
                    );
                }
                if why.len() == ways.len() {
                    wrong.append(&mut why);
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    assert!(
        count > 150,
        "only {count} statements were found: does the search still work?"
    );
}

#[test]
fn a_wrong_statement_and_one_put_together_are_found() {
    let of = |text: &str| {
        let mut statements = Statements::default();
        statements.visit_file(&syn::parse_file(text).expect("parses"));
        statements
    };
    let built = of(r#"fn f() { sqlx::query("select 1"); sqlx::query_as::<_, X>(&format!("select {}", 1)); }"#);
    assert_eq!((built.found.len(), built.built.len()), (1, 1));
    let whole = of(r#"
        macro_rules! pick { ($rest:literal) => { concat!("select a ", "from t ", $rest) }; }
        row! { pub(super) struct Row in "t" { /// The type.
            r#type: i32, b: Vec<u8>, } }
        fn f() { sqlx::query(pick!("where a = 1")); sqlx::query(columns::select::<Row>("where b = $1")); }
    "#);
    assert_eq!(whole.built, Vec::<String>::new());
    let ways: Vec<_> = whole
        .found
        .iter()
        .flat_map(|of| ways(of, Path::new(""), &whole, &[]))
        .collect();
    assert_eq!(
        ways,
        ["select a from t where a = 1", "select type, b from t where b = $1"]
    );
    assert_eq!(whole.declared[0].insert(), "insert into t (type, b) values ($1, $2)");
}
