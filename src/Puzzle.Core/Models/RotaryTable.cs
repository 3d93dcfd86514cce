using static TorchSharp.torch;

namespace Puzzle.Core.Models;

/// <summary>Cosines and sines of RoPE for every position up to a capacity, both halves filled: [capacity, head_dim] each.</summary>
public sealed class RotaryTable : IDisposable
{
    private readonly ModelConfig _config;
    private Tensor _cos;
    private Tensor _sin;

    public RotaryTable(ModelConfig config, Device device)
    {
        _config = config;
        (_cos, _sin) = Build(config, Math.Min(config.MaxPositionEmbeddings, 2048), device);
    }

    /// <summary>Rows 'start' to 'start + count': [count, head_dim], views of the table.</summary>
    public (Tensor Cos, Tensor Sin) Range(long start, long count)
    {
        Grow(start + count);
        return (_cos.narrow(0, start, count), _sin.narrow(0, start, count));
    }

    /// <summary>The rows of given positions [B, T]: [B, 1, T, head_dim], to broadcast over heads.</summary>
    public (Tensor Cos, Tensor Sin) At(Tensor positions_BT, long capacity)
    {
        Grow(capacity);
        return (_cos[positions_BT].unsqueeze(1), _sin[positions_BT].unsqueeze(1));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _cos.Dispose();
        _sin.Dispose();
    }

    /// <summary>Angular frequency of each pair, after scaling: head_dim / 2 values.</summary>
    public static double[] Frequencies(ModelConfig config)
    {
        var frequencies = new double[config.HeadDim / 2];
        for (var i = 0; i < frequencies.Length; i++)
        {
            var frequency = Math.Pow(config.RopeTheta, -2.0 * i / config.HeadDim);
            frequencies[i] = config.RopeScaling switch
            {
                { Type: "linear" } scaling => frequency / scaling.Factor,
                { Type: "llama3" } scaling => Llama3(frequency, scaling),
                _ => frequency,
            };
        }

        return frequencies;
    }

    // Wavelengths longer than the original context are stretched by the factor, short ones are left, those between are blended.
    private static double Llama3(double frequency, RopeScaling scaling)
    {
        var wavelength = 2 * Math.PI / frequency;
        if (wavelength < scaling.OriginalMaxPositionEmbeddings / scaling.HighFreqFactor)
            return frequency;
        if (wavelength > scaling.OriginalMaxPositionEmbeddings / scaling.LowFreqFactor)
            return frequency / scaling.Factor;
        var smooth = (scaling.OriginalMaxPositionEmbeddings / wavelength - scaling.LowFreqFactor) / (scaling.HighFreqFactor - scaling.LowFreqFactor);
        return (1 - smooth) * frequency / scaling.Factor + smooth * frequency;
    }

    private static (Tensor Cos, Tensor Sin) Build(ModelConfig config, long capacity, Device device)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var angles = outer(arange(Held.Number(capacity), dtype: ScalarType.Float64), tensor(Frequencies(config)));
        var both = cat([angles, angles], -1);
        var cos = both.cos().to(ScalarType.Float32).to(device);
        var sin = both.sin().to(ScalarType.Float32).to(device);
        return (cos.DetachFromDisposeScope(), sin.DetachFromDisposeScope());
    }

    private void Grow(long capacity)
    {
        if (capacity <= _cos.shape[0])
            return;
        var (oldCos, oldSin) = (_cos, _sin);
        (_cos, _sin) = Build(_config, Math.Max(capacity, 2 * oldCos.shape[0]), oldCos.device);
        oldCos.Dispose();
        oldSin.Dispose();
    }
}
