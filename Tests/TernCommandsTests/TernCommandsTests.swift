import Foundation
import TernKernel
import TernTestSupport
import Testing

@testable import TernCommands

@Suite struct Variables {
    private func expand(_ line: String, _ environment: [String: String]) -> [String] {
        EnvironmentFlags.expand(line.split(separator: " ").map(String.init), environment: environment, of: TernCommand.self)
    }

    @Test func `a variable stands in for a flag that is not given`() {
        #expect(expand("server", ["TERN_PORT": "7", "HOME": "/x"]) == ["server", "--port=7"])
        #expect(expand("server --port 8", ["TERN_PORT": "7"]) == ["server", "--port", "8"])
        #expect(expand("server --port=8", ["TERN_PORT": "7"]) == ["server", "--port=8"])
    }

    @Test func `a flag without a value is set by 1, true or yes`() {
        #expect(expand("check", ["TERN_JSON": "1"]) == ["check", "--json"])
        #expect(expand("check", ["TERN_JSON": "0"]) == ["check"])
    }

    @Test func `a command that means its default subcommand takes that one's variables`() {
        #expect(expand("endpoints", ["TERN_SERVER": "http://x"]) == ["endpoints", "--server=http://x"])
        #expect(expand("data add rows", ["TERN_REASON": "why"]) == ["data", "add", "rows", "--reason=why"])
    }

    @Test func `a variable that no flag of the command has is left alone`() {
        #expect(expand("check", ["TERN_PORT": "7"]) == ["check"])
    }
}

@Suite struct Histories {
    private func table(_ text: String, batch: Period = .days(1)) throws -> HistoryTable {
        let path = NSTemporaryDirectory() + "tern-history-" + Identifier.random() + ".csv"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        return try HistoryTable(file: path, time: "t", target: "y", from: nil, to: nil, batch: batch)
    }

    @Test func `batches are days of the file's own offset`() throws {
        let table = try table("t,x,y\n1997-01-01T00:00:00+10:00,1,0\n1997-01-01T23:30:00+10:00,2,1\n1997-01-02T00:00:00+10:00,3,0\n")
        #expect(table.batches.map(\.rows) == [0..<2, 2..<3])
        #expect(table.features == ["x"])
        #expect(table.truth == [0, 1, 0])
    }

    @Test(arguments: ["x,y\n1,2\n", "t,x\n1997-01-01,1\n", "t,x,y\nsoon,1,0\n", "t,x,y\n1997-01-01,a,0\n", "t,x,y\n1997-01-01,1\n", ""])
    func `a table that cannot be replayed is refused with its line`(text: String) {
        #expect(throws: TernError.self) { try table(text) }
    }
}

@Suite struct Showing {
    @Test func `numbers are short and nothing is a dash`() {
        #expect(JSON.double(0.123456).cell == "0.1235")
        #expect(JSON.double(3).cell == "3")
        #expect(JSON.double(.nan).cell == "nan")
        #expect(JSON.null.cell == "-")
        #expect(JSON.percent(0.25) == "25 %")
    }

    @Test func `the report's page escapes what it shows and draws both lines`() {
        let window: JSON = ["from": "1997-05-02T00:00:00Z", "to": "1997-07-01T00:00:00Z", "requests": 60, "f1_alone": 0.4, "f1_kept": 0.7]
        let alert: JSON = ["message": "<script>alert(1)</script>", "at": "2026", "market_time": "1997"]
        let page = DemoPage(report: ["windows": [window, window], "alerts": [alert]]).html
        #expect(!page.contains("<script>"))
        #expect(page.contains("&lt;script&gt;"))
        #expect(page.components(separatedBy: "<polyline").count == 3)
    }

    @Test func `an error's code decides the exit code`() {
        #expect(ExitStatus(.gateRefused) == .gateRefused)
        #expect(ExitStatus(.notAllowed) == .notAllowed)
        #expect(ExitStatus(.unauthenticated) == .notAllowed)
        #expect(ExitStatus(.notFound) == .failed)
    }
}
