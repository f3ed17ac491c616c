import ArgumentParser
import TernKernel

/// What a person meant who mistyped a command.
enum Spelling {
    /// The subcommand nearest to `word`; nil when the word is one, or is like none.
    static func nearest(to word: String, in configuration: CommandConfiguration) -> String? {
        let known = configuration.groupedSubcommands.flatMap { $0.subcommands }.compactMap { $0.configuration.commandName }
        guard !word.isEmpty, !word.hasPrefix("-"), !known.contains(word) else { return nil }
        let best = known.map { (name: $0, distance: EditDistance.between(word, $0)) }.min { $0.distance < $1.distance }
        return best.flatMap { $0.distance <= max(2, word.count / 3) ? $0.name : nil }
    }
}
