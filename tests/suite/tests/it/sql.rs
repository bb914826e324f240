//! Every statement of every crate is prepared against the migrated schema, so that a wrong table or column cannot land.

use std::path::{Path, PathBuf};

use hosting::Name;
use sqlx::{Connection as _, Executor as _, PgConnection, SqlSafeStr as _};
use syn::visit::Visit;
use testkit::database;

/// Finds the first argument of `sqlx::query*` calls.
#[derive(Default)]
struct Statements {
    found: Vec<String>,
    built: Vec<String>,
}

impl<'ast> Visit<'ast> for Statements {
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
                match call.args.first() {
                    Some(syn::Expr::Lit(syn::ExprLit {
                        lit: syn::Lit::Str(text),
                        ..
                    })) => self.found.push(text.value()),
                    Some(syn::Expr::Macro(included)) if included.mac.path.is_ident("include_str") => {
                        self.found.push(format!("\0{}", included.mac.tokens));
                    }
                    _ => self.built.push(format!("{last} on line {}", segments.join("::"))),
                }
            }
        }
        syn::visit::visit_expr_call(self, call);
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

fn statements(crate_directory: &Path) -> Vec<(PathBuf, String)> {
    let mut files = Vec::new();
    rust_files(&crate_directory.join("src"), &mut files);
    let mut all = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file).expect("a source");
        let mut statements = Statements::default();
        statements.visit_file(&syn::parse_file(&text).expect("it compiles"));
        let may_build = ["platform/src/store.rs", "hosting/src/databases.rs"];
        assert!(
            statements.built.is_empty() || may_build.iter().any(|allowed| file.ends_with(allowed)),
            "{}: a statement is put together at run time: {:?}",
            file.display(),
            statements.built
        );
        for statement in statements.found {
            let sql = match statement.strip_prefix('\0') {
                Some(name) => std::fs::read_to_string(file.with_file_name(name.trim().trim_matches('"')))
                    .expect("the included file"),
                None => statement,
            };
            all.push((file.clone(), sql));
        }
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
            "services/shared/eventlog",
            "services/hosting",
        ]
        .map(|path| root().join(path));
        let own = root().join("services").join(name.as_str());
        for directory in shared.iter().chain([&own]) {
            for (file, sql) in statements(directory) {
                count += 1;
                if let Err(error) = connection
                    .prepare(sqlx::AssertSqlSafe(sql.clone()).into_sql_str())
                    .await
                {
                    wrong.push(format!("{}: {error}\n{sql}", file.display()));
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
    let mut statements = Statements::default();
    let text = r#"fn f() { sqlx::query("select 1"); sqlx::query_as::<_, X>(&format!("select {}", 1)); }"#;
    statements.visit_file(&syn::parse_file(text).expect("parses"));
    assert_eq!((statements.found.len(), statements.built.len()), (1, 1));
}
