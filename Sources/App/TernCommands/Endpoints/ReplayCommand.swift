import ArgumentParser
import Foundation
import TernKernel

package struct ReplayCommand: TernSubcommand {
    package static let configuration = CommandConfiguration(
        commandName: "replay", abstract: "Send a table's history to an endpoint, with the truth as feedback some time later.",
        discussion: """
            Rows go out in order, one request for each --batch of their time, through the Open Inference Protocol. A request that gets no answer
            is repeated, so a server may be restarted meanwhile. Before each batch the truth that is due by then is posted.
            """)

    @OptionGroup package var options: CommandOptions
    @Argument(help: "The endpoint.") package var endpoint: String
    @Argument(help: "The table: csv, sorted by time.") package var file: String
    @Option(help: "The column that holds the time.") package var time: String
    @Option(help: "The column that holds the truth.") package var target: String
    @Option(help: "Rows from this time on.") package var from: String?
    @Option(help: "Rows before this time.") package var to: String?
    @Option(help: "The time that one request covers.") package var batch = "1d"
    @Option(help: "How late the truth is posted.") package var labelsAfter = "2d"

    package init() {}

    package func validate() throws {
        for text in [batch, labelsAfter] where Period(text) == nil { throw ValidationError("'\(text)' is not a length of time such as 1d") }
        for text in [from, to].compactMap(\.self) where Timestamp(text) == nil { throw ValidationError("'\(text)' is not a time such as 1997-05-02") }
    }

    package func perform(_ client: TernClient) async throws -> JSON {
        let table = try HistoryTable(
            file: file, time: time, target: target, from: from.flatMap { Timestamp($0) }, to: to.flatMap { Timestamp($0) },
            batch: Period(batch) ?? .days(1))
        var replay = Replay(client: client, endpoint: endpoint, table: table, labelsAfter: Period(labelsAfter) ?? .days(2))
        var progress = Progress("replay")
        for index in table.batches.indices {
            try await replay.send(index)
            if !options.json { progress.show(Double(index + 1) / Double(table.batches.count), table.batches[index].start.description) }
        }
        try await replay.postRemainingLabels()
        progress.end()
        return replay.summary
    }

    package func show(_ answer: JSON, _ terminal: Terminal) {
        terminal.line(
            "\(answer.cell("requests")) requests with \(answer.cell("rows")) rows, \(answer.cell("feedback")) labels, "
                + "\(answer.cell("repeats")) repeated, \(answer.cell("failed")) failed")
    }
}
