import Foundation
import TernKernel
import Testing

@testable import TernProject

@Suite struct SweepFileTests {
    private static let text = """
        program: train.py
        method: bayse
        metric: {name: loss, goa: minimize}
        parameters:
          lr:
            min: 0.1
            max: 0.01
          kind: {values: [a, b]}
        command:
          - python
          - ${progam}
        """

    /// What the reader says of a text; nil when it likes it.
    private func refusal(_ text: String) -> String? {
        do {
            _ = try SweepFile(text, file: "s.yaml")
            return nil
        } catch let error as TernError {
            return error.message
        } catch {
            return "no error of Tern: \(error)"
        }
    }

    /// A problem as the server sends it.
    private func problem(_ path: [String], _ message: String, isKey: Bool = false, suggestion: String? = nil) -> JSON {
        ["path": JSON(path), "is_key": .bool(isKey), "message": .string(message), "suggestion": JSON(suggestion)]
    }

    private func located(_ problems: [JSON]) throws -> [String] {
        let file = try SweepFile(SweepFileTests.text, file: "s.yaml")
        let error = file.located(TernError(.invalidArgument, "as sent", hint: "the hint", details: ["problems": .array(problems)]))
        #expect(error.code == .invalidArgument && error.hint == "the hint")
        return error.message.split(separator: "\n").map(String.init)
    }

    @Test func `the file is sent as it is written`() throws {
        let file = try SweepFile(SweepFileTests.text, file: "s.yaml")
        #expect(file.definition["parameters"]?["lr"] == ["min": 0.1, "max": 0.01])
        #expect(file.definition["parameters"]?["kind"]?["values"] == ["a", "b"])
        #expect(file.definition["command"] == ["python", "${progam}"])
    }

    @Test func `what the server refuses is told by line and column, from the top of the file down`() throws {
        #expect(
            try located([
                problem(["command", "1"], "there is no macro '${progam}'", suggestion: "did you mean '${program}'?"),
                problem(["parameters", "kind", "values", "1"], "no good"),
                problem(["parameters", "lr", "max"], "is less than min"),
                problem(["metric", "goa"], "unknown key 'goa'", isKey: true, suggestion: "did you mean 'goal'?"),
                problem(["method"], "there is no method 'bayse'"),
            ]) == [
                "s.yaml:2:9: method: there is no method 'bayse'",
                "s.yaml:3:22: metric: unknown key 'goa' (did you mean 'goal'?)",
                "s.yaml:7:10: parameters.lr.max: is less than min",
                "s.yaml:8:22: parameters.kind.values.1: no good",
                "s.yaml:11:5: command.1: there is no macro '${progam}' (did you mean '${program}'?)",
            ])
    }

    @Test func `what is missing is told where it would stand`() throws {
        #expect(try located([problem(["parameters", "lr", "q"], "is missing")]) == ["s.yaml:6:5: parameters.lr.q: is missing"])
        #expect(try located([problem([], "'run_cap' is missing")]) == ["s.yaml:1:1: 'run_cap' is missing"])
        #expect(try located([problem(["nowhere", "at", "all"], "lost", isKey: true)]) == ["s.yaml:1:1: nowhere.at: lost"])
    }

    @Test func `an error without places stays as it is`() throws {
        let file = try SweepFile(SweepFileTests.text, file: "s.yaml")
        let error = TernError.notFound("no server", hint: "start one")
        #expect(file.located(error).message == error.message && file.located(error).hint == error.hint)
        let odd = TernError(.invalidArgument, "odd", details: ["problems": ["no mapping", ["path": 7, "message": "half"]]])
        #expect(file.located(odd).message == "s.yaml:1:1: \ns.yaml:1:1: half")
    }

    @Test(arguments: [
        ("program: a\nmethod: @random", "s.yaml:2:9: not YAML: "),
        ("method: grid\nprogram: a\nmethod: random", "s.yaml:1:1: 'method' stands twice"),
        ("- a\n- b", "s.yaml:1:1: a sweep file is a mapping"),
        ("words", "s.yaml:1:1: a sweep file is a mapping"),
        ("", "s.yaml:1:1: the file is empty"),
        ("a: " + String(repeating: "[", count: 120) + String(repeating: "]", count: 120), "s.yaml:1:1: a sweep file is a mapping"),
    ]) func `what is no sweep file is refused with its place`(_ text: String, _ words: String) {
        #expect(refusal(text)?.hasPrefix(words) == true, "\(refusal(text) ?? "no error")")
    }

    @Test func `aliases of aliases do not grow without bound`() {
        var text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        for level in 1...7 { text += "a\(level): &a\(level) [\((0..<10).map { _ in "*a\(level - 1)" }.joined(separator: ", "))]\n" }
        #expect(refusal(text) == "s.yaml:1:1: the file is too large")
    }

    @Test func `a file that is not there, not text or too large is refused`() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("sweep-file-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        func code(_ name: String, _ data: Data?) throws -> TernError.Code? {
            let file = folder.appendingPathComponent(name)
            try data?.write(to: file)
            do { _ = try SweepFile.load(file.path) } catch let error as TernError { return error.code }
            return nil
        }
        #expect(try code("none.yaml", nil) == .notFound)
        #expect(try code("binary.yaml", Data([0xff, 0xfe, 0x00])) == .invalidArgument)
        #expect(try code("large.yaml", Data(repeating: 0x61, count: (1 << 20) + 1)) == .tooLarge)
        #expect(try code("good.yaml", Data(SweepFileTests.text.utf8)) == nil)
    }

    @Test func `torn files are read or refused, never anything else`() {
        var generator = SystemRandomNumberGenerator()
        let bytes = Array(SweepFileTests.text.utf8)
        for _ in 0..<400 {
            var torn = bytes
            for _ in 0..<Int.random(in: 1...6, using: &generator) {
                let place = Int.random(in: 0..<torn.count, using: &generator)
                torn[place] = Array("{}[]:-&*!|>'\"%@`#\n\t ?".utf8).randomElement(using: &generator) ?? 0x20
            }
            let text = String(decoding: torn.prefix(Int.random(in: 1...torn.count, using: &generator)), as: UTF8.self)
            if let message = refusal(text) { #expect(message.hasPrefix("s.yaml:"), "\(text)\n\(message)") }
        }
    }
}
