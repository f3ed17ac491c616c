import TernKernel

/// Where a server's rows are kept.
package enum DatabaseLocation: Hashable, Sendable {
    /// A SQLite file, which one server uses at a time.
    case file(String)
    /// A PostgreSQL database by its URL (`postgresql://user:password@host:port/name?sslmode=verify-full`), which servers may share.
    case postgresql(String)

    /// Reads what `TERN_DATABASE` or `--database` says.
    ///
    /// - Throws: `invalid_argument` for anything but a PostgreSQL URL.
    package init(url: String) throws {
        guard url.hasPrefix("postgresql://") || url.hasPrefix("postgres://") else {
            throw TernError.invalid(
                "the database must be a URL such as postgresql://user@host:5432/tern, not '\(url.prefix(12))…'",
                hint: "without TERN_DATABASE and --database, Tern keeps its rows in a SQLite file in the home")
        }
        self = .postgresql(url)
    }

    /// For people: without a password.
    package var description: String {
        switch self {
        case .file(let path): return path
        case .postgresql(let url):
            let rest = url.firstRange(of: "://").map { url[$0.upperBound...] } ?? ""
            let authority = rest.prefix { $0 != "/" && $0 != "?" }
            let host = authority.lastIndex(of: "@").map { authority[authority.index(after: $0)...] } ?? authority
            return "postgresql://\(host)\(rest.dropFirst(authority.count).prefix { $0 != "?" })"
        }
    }
}
