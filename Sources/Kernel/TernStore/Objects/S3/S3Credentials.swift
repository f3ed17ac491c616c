import Foundation
import TernKernel

/// A key pair of an S3 server, with a token where it is a temporary one.
package struct S3Credentials: Hashable, Sendable {
    package var accessKey: String
    package var secretKey: String
    package var sessionToken: String?

    package init(accessKey: String, secretKey: String, sessionToken: String? = nil) {
        self.accessKey = accessKey
        self.secretKey = secretKey
        self.sessionToken = sessionToken
    }
}

/// What the usual variables and files say about S3: `AWS_…`, `~/.aws/credentials`, `~/.aws/config`.
/// (AWS SDKs and Tools Reference Guide, "Configuration".)
package struct AWSSettings: Sendable {
    private let environment: [String: String]
    private let home: String

    package init(environment: [String: String] = ProcessInfo.processInfo.environment, home: String = NSHomeDirectory()) {
        self.environment = environment.filter { !$0.value.isEmpty }
        self.home = home
    }

    private var profile: String { environment["AWS_PROFILE"] ?? environment["AWS_DEFAULT_PROFILE"] ?? "default" }
    private var credentialsFile: String { environment["AWS_SHARED_CREDENTIALS_FILE"] ?? home + "/.aws/credentials" }
    private var configurationFile: String { environment["AWS_CONFIG_FILE"] ?? home + "/.aws/config" }

    /// From the variables, else the credentials file, else the configuration file. The files are read anew each time: a key may be changed there
    /// while the server runs.
    ///
    /// - Throws: `invalid_argument` when there are none.
    package func credentials() throws -> S3Credentials {
        if let key = environment["AWS_ACCESS_KEY_ID"], let secret = environment["AWS_SECRET_ACCESS_KEY"] {
            return S3Credentials(accessKey: key, secretKey: secret, sessionToken: environment["AWS_SESSION_TOKEN"])
        }
        let sections = [AWSFile(credentialsFile)[profile], configuration]
        for section in sections {
            if let key = section["aws_access_key_id"], let secret = section["aws_secret_access_key"] {
                return S3Credentials(accessKey: key, secretKey: secret, sessionToken: section["aws_session_token"])
            }
        }
        throw TernError.invalid(
            "there are no credentials for S3: AWS_ACCESS_KEY_ID is not set, and profile '\(profile)' of \(credentialsFile) has none",
            hint: "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE; roles of machines, SSO and credential_process are not read")
    }

    package var region: String { environment["AWS_REGION"] ?? environment["AWS_DEFAULT_REGION"] ?? configuration["region"] ?? "us-east-1" }

    /// Nil is Amazon's own.
    package var endpoint: String? {
        if environment["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"]?.lowercased() == "true" { return environment["MLFLOW_S3_ENDPOINT_URL"] }
        return environment["AWS_ENDPOINT_URL_S3"] ?? environment["AWS_ENDPOINT_URL"] ?? environment["MLFLOW_S3_ENDPOINT_URL"]
            ?? configuration["endpoint_url"]
    }

    private var configuration: [String: String] {
        let file = AWSFile(configurationFile)
        return profile == "default" ? file["default"].merging(file["profile default"]) { $1 } : file["profile \(profile)"]
    }
}

/// A file of sections: `[name]`, then `key = value` lines. Indented lines (nested settings) are passed over.
struct AWSFile {
    private var sections: [String: [String: String]] = [:]

    /// A file that is not there, cannot be read, or is larger than 1 MiB has no sections.
    init(_ path: String) {
        let data = FileManager.default.contents(atPath: path) ?? Data()
        self.init(text: data.count <= 1 << 20 ? String(decoding: data, as: UTF8.self) : "")
    }

    init(text: String) {
        var section: String?
        for line in text.split(whereSeparator: \.isNewline) {
            guard let first = line.first, first != "#", first != ";" else { continue }
            if first == "[" {
                let inner = line.dropFirst().prefix { $0 != "]" }
                section = inner.split(whereSeparator: { $0 == " " || $0 == "\t" }).joined(separator: " ")
            } else if !first.isWhitespace, let section, let equals = line.firstIndex(of: "=") {
                let key = line[..<equals].trimmingCharacters(in: .whitespaces).lowercased()
                sections[section, default: [:]][key] = line[line.index(after: equals)...].trimmingCharacters(in: .whitespaces)
            }
        }
    }

    subscript(section: String) -> [String: String] { (sections[section] ?? [:]).filter { !$0.value.isEmpty } }
}
