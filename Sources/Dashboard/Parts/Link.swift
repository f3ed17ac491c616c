import Foundation

/// A text that leads to a page.
struct Link: DashboardView, Equatable {
    var text: String
    var address: String

    static let template = #"<a href="{{address}}">{{text}}</a>"#

    static func model(_ name: String) -> Link { Link(text: name, address: "/models/" + escape(name)) }
    static func version(_ model: String, _ version: Int, text: String? = nil) -> Link {
        Link(text: text ?? "\(model) v\(version)", address: "/models/\(escape(model))#v\(version)")
    }
    static func versionPage(_ model: String, _ version: Int) -> Link {
        Link(text: "\(model) v\(version)", address: "/models/\(escape(model))/versions/\(version)")
    }
    static func endpoint(_ name: String) -> Link { Link(text: name, address: "/endpoints/" + escape(name)) }
    static func run(_ id: String, text: String? = nil) -> Link { Link(text: text ?? String(id.prefix(8)), address: "/runs/" + escape(id)) }
    static func experiment(_ id: Int64, text: String) -> Link { Link(text: text, address: "/experiments/\(id)") }
    static func pipelineRun(_ id: String, text: String? = nil) -> Link {
        Link(text: text ?? String(id.prefix(8)), address: "/pipeline-runs/" + escape(id))
    }
    static func dataset(_ name: String, _ version: Int? = nil, text: String? = nil) -> Link {
        Link(
            text: text ?? name + (version.map { " v\($0)" } ?? ""),
            address: "/data/" + escape(name) + (version.map { "?version=\($0)" } ?? ""))
    }
    static func ledger(subject: String, text: String = "ledger") -> Link { Link(text: text, address: "/ledger?subject=" + escape(subject)) }

    /// The page of what a ledger entry is about: `model/price-direction/3`.
    static func subject(_ subject: String) -> Link {
        let parts = subject.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count >= 2, !parts[1].isEmpty else { return Link(text: subject, address: "/ledger?subject=" + escape(subject)) }
        let number = parts.count > 2 ? Int(parts[2]) : nil
        switch (parts[0], parts.count > 2) {
        case ("model", _): return Link(text: subject, address: number.map { version(parts[1], $0).address } ?? model(parts[1]).address)
        case ("endpoint", _): return Link(text: subject, address: endpoint(parts[1]).address)
        case ("dataset", _): return Link(text: subject, address: dataset(parts[1], number).address)
        case ("experiment", _): return Link(text: subject, address: "/experiments/" + escape(parts[1]))
        case ("run", _): return Link(text: "run/" + parts[1].prefix(8), address: run(parts[1]).address)
        case ("pipeline", true): return Link(text: "pipeline/\(parts[1])/\(parts[2].prefix(8))", address: pipelineRun(parts[2]).address)
        case ("pipeline", false): return Link(text: subject, address: "/pipelines")
        default: return Link(text: subject, address: "/ledger?subject=" + escape(subject))
        }
    }

    /// One part of a path, or one value of a query.
    static func escape(_ text: String) -> String {
        let safe = CharacterSet(charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
        return text.addingPercentEncoding(withAllowedCharacters: safe) ?? ""
    }
}
