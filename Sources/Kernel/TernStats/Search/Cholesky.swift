import Foundation

/// The lower triangle L of a symmetric positive definite matrix, `L Lᵀ`.
struct Cholesky: Sendable {
    let size: Int
    /// Row by row, the upper half unused.
    private let lower: [Double]

    /// Nil when the matrix is not positive definite in floating point.
    init?(_ matrix: [Double], size: Int) {
        guard matrix.count == size * size else { return nil }
        var lower = matrix
        let isDefinite = lower.withUnsafeMutableBufferPointer { cells -> Bool in
            for row in 0..<size {
                for column in 0...row {
                    var sum = cells[row * size + column]
                    for k in 0..<column { sum -= cells[row * size + k] * cells[column * size + k] }
                    if row == column {
                        guard sum > 0, sum.isFinite else { return false }
                        cells[row * size + row] = sum.squareRoot()
                    } else {
                        cells[row * size + column] = sum / cells[column * size + column]
                    }
                }
            }
            return true
        }
        guard isDefinite else { return nil }
        self.size = size
        self.lower = lower
    }

    /// `L⁻¹ b`.
    func forward(_ b: [Double]) -> [Double] {
        var x = b
        lower.withUnsafeBufferPointer { cells in
            x.withUnsafeMutableBufferPointer { x in
                for row in 0..<size {
                    var sum = x[row]
                    for k in 0..<row { sum -= cells[row * size + k] * x[k] }
                    x[row] = sum / cells[row * size + row]
                }
            }
        }
        return x
    }

    /// `L⁻ᵀ b`.
    func backward(_ b: [Double]) -> [Double] {
        var x = b
        lower.withUnsafeBufferPointer { cells in
            x.withUnsafeMutableBufferPointer { x in
                for row in stride(from: size - 1, through: 0, by: -1) {
                    var sum = x[row]
                    for k in (row + 1)..<max(row + 1, size) { sum -= cells[k * size + row] * x[k] }
                    x[row] = sum / cells[row * size + row]
                }
            }
        }
        return x
    }

    /// `ln √det`, the sum of the diagonal's logarithms.
    var logRootDeterminant: Double { (0..<size).reduce(0) { $0 + log(lower[$1 * size + $1]) } }
}
