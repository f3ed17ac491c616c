import Foundation
import TernInference
import TernKernel

/// The classification extension: instead of numbers, the most likely classes as `value:index` or `value:index:label`.
enum Classification {
    static func top(_ count: Int, of tensor: Tensor) throws -> Tensor {
        guard let numbers = tensor.numbers else {
            throw TernError.invalid("classification is not possible for output '\(tensor.name)' of type \(tensor.type.datatype)")
        }
        let rows = max(tensor.rows, 1)
        let width = numbers.count / rows
        let kept = min(count, width)
        var strings: [String] = []
        for row in 0..<rows {
            let values = Array(numbers[row * width..<(row + 1) * width])
            let order = values.indices.sorted { (values[$1], $0) < (values[$0], $1) }
            for index in order.prefix(kept) {
                let label = tensor.classes.flatMap { $0.indices.contains(index) ? ":" + $0[index] : nil } ?? ""
                strings.append(String(format: "%f", values[index]) + ":\(index)" + label)
            }
        }
        return try Tensor(tensor.name, shape: [tensor.rows, kept], strings: strings)
    }
}
