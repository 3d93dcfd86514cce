using TorchSharp;

namespace Puzzle.Core.Models;

/// <summary>
/// Numbers for tensor operations. TorchSharp makes a native scalar of a plain number, and the collector may free it after its
/// address is taken but before libtorch reads it: an exception at best, a wrong number at worst. Those made here stay alive until
/// thousands more have been made, long after the call that they are for.
/// </summary>
internal static class Held
{
    private const int Kept = 4096;
    private static readonly Scalar?[] s_ring = new Scalar?[Kept];
    private static int s_next;

    /// <summary>A floating-point number: an integer tensor becomes floating-point by it.</summary>
    public static Scalar Number(double value) => Keep(value.ToScalar());

    /// <summary>A whole number: types stay as they are.</summary>
    public static Scalar Number(long value) => Keep(value.ToScalar());

    private static Scalar Keep(Scalar scalar)
    {
        s_ring[(uint)Interlocked.Increment(ref s_next) % Kept] = scalar;
        return scalar;
    }
}
