import Foundation
import TernKernel
import TernStore

/// An entry of the ledger as a table row.
struct LedgerRow: DashboardView, Equatable {
    var sequence: String
    var at: Moment
    /// The time of the data that caused it.
    var dataTime: Moment?
    var kind: Badge
    var subject: Link
    var actor: String
    var words: String
    var hash: String

    static let template = #"""
        {{#entries}}
        <tr id="e{{sequence}}"><td class="n muted">{{sequence}}</td><td class="when">{{#dataTime}}{{>moment}}{{/dataTime}}</td><td>{{#kind}}\#
        {{>badge}}{{/kind}}</td>\#
        <td class="nowrap">{{#subject}}{{>link}}{{/subject}}</td><td class="words">{{words}}</td><td class="muted nowrap">{{actor}}</td>\#
        <td class="when muted">{{#at}}{{>moment}}{{/at}}</td></tr>
        {{/entries}}
        """#

    init(_ entry: LedgerEntry) {
        sequence = String(entry.sequence)
        at = Moment(entry.at)
        dataTime = Moment(entry.eventTime)
        kind = Badge(entry.kind, Badge.tone(ofKind: entry.kind))
        subject = Link.subject(entry.subject)
        actor = entry.actor
        words = LedgerRow.words(entry)
        hash = entry.hash.short
    }

    /// Why it happened, or what it came to: one sentence.
    private static func words(_ entry: LedgerEntry) -> String {
        var parts: [String] = []
        if let strategy = entry.data["strategy"]?.stringValue, entry.kind == "release.started" {
            let from = entry.data["from"]?.intValue.map { "v\($0) → " } ?? ""
            parts.append("\(from)v\(entry.data["to"]?.intValue ?? 0), \(strategy.replacing("_", with: " ")).")
        }
        if entry.kind == "release.stepped", (entry.reason ?? "").isEmpty, let share = entry.data["share"]?.doubleValue {
            parts.append("Now \(Figures.share(share)) of the traffic.")
        }
        if let verdict = entry.data["verdict"]?.stringValue {
            parts.append(verdict == "pass" ? "All gates passed." : verdict == "fail" ? "Refused by a gate." : verdict.replacing("_", with: " ") + ".")
        }
        let refused = entry.data["gates"]?.arrayValue?.first { $0["verdict"]?.stringValue == "fail" }?["evidence"]?["sentence"]?.stringValue
        let said = [entry.reason, refused, entry.data["outcome"]?.stringValue, entry.data["cause"]?.stringValue, entry.data["message"]?.stringValue]
        if let sentence = said.compactMap({ $0 }).first(where: { !$0.isEmpty }) { parts.append(sentence) }
        if parts.isEmpty, let rows = entry.data["rows"]?.intValue { parts.append("\(Figures.count(rows)) rows.") }
        return parts.joined(separator: " ")
    }
}
