import Foundation
import TernKernel

/// Which addresses may be called. As in MLflow: https only, and public hosts only, unless the server is told otherwise.
package struct WebhookRules: Sendable {
    package var schemes: [String]
    package var allowsPrivate: Bool

    package init(schemes: [String] = ["https"], allowsPrivate: Bool = false) {
        self.schemes = schemes
        self.allowsPrivate = allowsPrivate
    }

    /// Reads `TERN_WEBHOOK_ALLOWED_SCHEMES` (`http,https`) and `TERN_WEBHOOK_ALLOW_PRIVATE_IPS` (`true`), or MLflow's names for them.
    package init(environment: [String: String]) {
        func value(_ name: String) -> String? { environment["TERN_" + name] ?? environment["MLFLOW_" + name] }
        let schemes = value("WEBHOOK_ALLOWED_SCHEMES")?.split(separator: ",").map { String($0.filter { $0 != " " }) } ?? []
        let allows = value("WEBHOOK_ALLOW_PRIVATE_IPS").map { ["true", "1"].contains($0.lowercased()) }
        self.init(schemes: schemes.isEmpty ? ["https"] : schemes, allowsPrivate: allows ?? false)
    }

    /// The host of an address.
    ///
    /// - Throws: `invalid_argument` in MLflow's words.
    func host(of url: String) throws -> String {
        guard !url.allSatisfy(\.isWhitespace) else { throw TernError.invalid("Webhook URL cannot be empty or just whitespace: '\(url)'") }
        guard url.utf8.count <= 2048, let parts = URLComponents(string: url) else { throw TernError.invalid("Invalid webhook URL '\(url)'") }
        let scheme = parts.scheme?.lowercased() ?? ""
        guard schemes.contains(scheme) else {
            throw TernError.invalid(
                "Invalid webhook URL scheme: '\(scheme)'. Allowed schemes are: \(schemes.joined(separator: ", ")).",
                hint: schemes == ["https"] ? "TERN_WEBHOOK_ALLOWED_SCHEMES=http,https in the server's environment allows plain http" : nil)
        }
        guard let host = parts.host, !host.isEmpty else { throw TernError.invalid("Webhook URL must include a hostname: '\(url)'") }
        return host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : host
    }

    /// Looks the host up and refuses addresses that are not public.
    ///
    /// - Returns: the address to connect to, so that no second look-up can lead elsewhere; nil where any may be called.
    func address(of host: String) async throws -> String? {
        if allowsPrivate { return nil }
        let addresses = try await HostLookup.addresses(of: host)
        for address in addresses where !address.isPublic {
            throw TernError.invalid(
                "Webhook URL must not resolve to a non-public IP address. '\(host)' resolves to \(address).",
                hint: "TERN_WEBHOOK_ALLOW_PRIVATE_IPS=true in the server's environment allows it")
        }
        return addresses.first?.description
    }
}
