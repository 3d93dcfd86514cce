using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Puzzle.Serving.Kernels;

/// <summary>What becomes of a product x W.</summary>
internal enum ProductUse
{
    /// <summary>It is written.</summary>
    Write,

    /// <summary>It is added to what is there: a residual.</summary>
    Add,
}

/// <summary>
/// A weight matrix, packed once for <see cref="Kernel512"/>: panels of 32 outputs, input by input. A gated matrix holds the
/// rows of gate and up in turns of 16, so that silu(gate) * up is made where the product is.
/// </summary>
internal sealed unsafe class PackedMatrix : IDisposable
{
    /// <summary>Outputs of a panel.</summary>
    public const int Width = 32;

    /// <summary>Rows that a product may read and write beyond its own.</summary>
    public const int Spare = 12;

    // A group of panels stays in the second-level cache while all rows of x pass by.
    private const long GroupBytes = 384 << 10;

    private readonly NativeBuffer _data;
    private readonly NativeBuffer _bias;
    private readonly bool _gated;
    private readonly bool _biased;
    private readonly WeightType _type;
    private readonly long _panelBytes;

    /// <param name="weights">Row-major [rows, columns]; gate rows, then up rows where gated.</param>
    /// <param name="columns">Inputs.</param>
    /// <param name="bias">One a row, or empty.</param>
    /// <param name="type">How weights are kept.</param>
    /// <param name="gated">Whether rows are gate and up.</param>
    public PackedMatrix(ReadOnlySpan<float> weights, int columns, ReadOnlySpan<float> bias, WeightType type, bool gated = false)
    {
        (Columns, _gated, _type, _biased) = (columns, gated, type, bias.Length > 0);
        Rows = weights.Length / columns;
        Outputs = gated ? Rows / 2 : Rows;
        Panels = (Outputs + PanelOutputs - 1) / PanelOutputs;
        _panelBytes = type switch
        {
            WeightType.BF16 => PanelBytes<BFloat16Panels>(columns),
            WeightType.Q8_0 => PanelBytes<Q8Panels>(columns),
            WeightType.Q4_0 => PanelBytes<Q4Panels>(columns),
            _ => PanelBytes<Float32Panels>(columns),
        };
        _data = new NativeBuffer(Panels * _panelBytes);
        _bias = NativeBuffer.Zeros(Panels * Width);
        switch (type)
        {
            case WeightType.BF16: Pack<BFloat16Panels>(weights, bias); break;
            case WeightType.Q8_0: Pack<Q8Panels>(weights, bias); break;
            case WeightType.Q4_0: Pack<Q4Panels>(weights, bias); break;
            default: Pack<Float32Panels>(weights, bias); break;
        }
    }

    /// <summary>Bytes of a weight.</summary>
    public static double BytesOf(WeightType type) => type switch
    {
        WeightType.BF16 => 2,
        WeightType.Q8_0 => 34.0 / 32,
        WeightType.Q4_0 => 18.0 / 32,
        _ => 4,
    };

    /// <summary>Rows of the matrix as it was given.</summary>
    public int Rows { get; }

    /// <summary>Inputs.</summary>
    public int Columns { get; }

    /// <summary>Outputs: the rows, or half of them where gated.</summary>
    public int Outputs { get; }

    public int Panels { get; }

    /// <summary>Bytes held.</summary>
    public long Bytes => _data.Bytes + _bias.Bytes;

    /// <summary>Whether the processor has the wide loops. Tests turn it off to reach the others.</summary>
    internal static bool Wide { get; set; } = Vector512.IsHardwareAccelerated;

    private int PanelOutputs => _gated ? Width / 2 : Width;

    /// <summary>Product with some of the panels.</summary>
    /// <param name="x">Rows of inputs.</param>
    /// <param name="xStride">Floats from row to row.</param>
    /// <param name="rows">How many; up to <see cref="Spare"/> rows behind them are read, and written in y.</param>
    /// <param name="y">Rows of outputs, padded to whole panels.</param>
    /// <param name="yStride">Floats from row to row.</param>
    /// <param name="use">Write, or add to what is there.</param>
    /// <param name="firstPanel">The first panel to do.</param>
    /// <param name="lastPanel">The first not to do.</param>
    /// <param name="tile">Room for 12 x 32 floats of the calling thread.</param>
    public void Multiply(float* x, nint xStride, int rows, float* y, nint yStride, ProductUse use, int firstPanel, int lastPanel, float* tile)
    {
        switch (_type)
        {
            case WeightType.BF16: Multiply<BFloat16Panels>(x, xStride, rows, y, yStride, use, firstPanel, lastPanel, tile); break;
            case WeightType.Q8_0: Multiply<Q8Panels>(x, xStride, rows, y, yStride, use, firstPanel, lastPanel, tile); break;
            case WeightType.Q4_0: Multiply<Q4Panels>(x, xStride, rows, y, yStride, use, firstPanel, lastPanel, tile); break;
            default: Multiply<Float32Panels>(x, xStride, rows, y, yStride, use, firstPanel, lastPanel, tile); break;
        }
    }

    /// <summary>One row of the matrix, as an embedding is read.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void CopyRow(int row, float* to)
    {
        var panel = _data.Pointer + row / Width * _panelBytes;
        var lane = row % Width;
        for (var i = 0; i < Columns; i++)
        {
            to[i] = _type switch
            {
                WeightType.BF16 => BFloat16Panels.Read(panel, lane, i),
                WeightType.Q8_0 => Q8Panels.Read(panel, lane, i),
                WeightType.Q4_0 => Q4Panels.Read(panel, lane, i),
                _ => Float32Panels.Read(panel, lane, i),
            };
        }
    }

    /// <summary>How many rows the next tile takes: few rows leave, none are computed twice.</summary>
    public static int TileRows(int remaining) => remaining switch
    {
        > 16 => 12,
        > 12 => 8,
        > 8 => 12,
        > 4 => 8,
        > 2 => 4,
        _ => remaining,
    };

    /// <inheritdoc/>
    public void Dispose()
    {
        _data.Dispose();
        _bias.Dispose();
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Multiply<T>(float* x, nint xStride, int rows, float* y, nint yStride, ProductUse use, int firstPanel, int lastPanel, float* tile)
        where T : struct, IPanelType
    {
        var group = (int)Math.Max(1, GroupBytes / _panelBytes);
        for (var first = firstPanel; first < lastPanel; first += group)
        {
            var last = Math.Min(first + group, lastPanel);
            for (var row = 0; row < rows;)
            {
                var height = TileRows(rows - row);
                for (var panel = first; panel < last; panel++)
                {
                    // One tile streams: call up what is 4 KiB ahead. Several compute on a panel: call up the next meanwhile.
                    var weights = _data.Pointer + panel * _panelBytes;
                    var ahead = weights + (rows <= height ? 4096 : _panelBytes);
                    if (_gated)
                        Gate<T>(x + row * xStride, xStride, Math.Min(height, rows - row), height, weights, panel, y + row * yStride, yStride, ahead, tile);
                    else
                        Plain<T>(x + row * xStride, xStride, Math.Min(height, rows - row), height, weights, panel, y + row * yStride, yStride, use, ahead);
                }

                row += height;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Plain<T>(float* x, nint xStride, int rows, int height, byte* weights, int panel, float* y, nint yStride, ProductUse use, byte* ahead)
        where T : struct, IPanelType
    {
        var to = y + panel * Width;
        if (use == ProductUse.Write)
        {
            Kernel<T>(height, x, xStride, weights, Columns, _bias.Floats + panel * Width, 0, to, yStride, ahead);
            return;
        }

        Kernel<T>(height, x, xStride, weights, Columns, to, yStride, to, yStride, ahead);
        for (var row = 0; _biased && row < rows; row++)
        {
            for (var i = 0; i < Width; i++)
                to[row * yStride + i] += _bias.Floats[panel * Width + i];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Gate<T>(float* x, nint xStride, int rows, int height, byte* weights, int panel, float* y, nint yStride, byte* ahead, float* tile)
        where T : struct, IPanelType
    {
        Kernel<T>(height, x, xStride, weights, Columns, _bias.Floats + panel * Width, 0, tile, Width, ahead);
        for (var row = 0; row < rows; row++)
            VectorMath.SwiGlu(Vector512.Load(tile + row * Width), Vector512.Load(tile + row * Width + 16)).Store(y + row * yStride + panel * 16);
    }

    /// <summary>The loops that fit this processor.</summary>
    internal static void Kernel<T>(int rows, float* x, nint xStride, byte* panel, nint count, float* start, nint startStride, float* y, nint yStride, byte* ahead)
        where T : struct, IPanelType
    {
        if (Wide)
            Kernel512.Run<T>(rows, x, xStride, panel, count, start, startStride, y, yStride, ahead);
        else
            Kernel256.Run<T>(rows, x, xStride, panel, count, start, startStride, y, yStride);
    }

    private static long PanelBytes<T>(int inputs)
        where T : struct, IPanelType => T.Block == nint.MaxValue ? (long)inputs * T.Bytes : (inputs + T.Block - 1) / T.Block * (T.ScaleBytes + T.Block * T.Bytes);

    private void Pack<T>(ReadOnlySpan<float> weights, ReadOnlySpan<float> bias)
        where T : struct, IPanelType
    {
        var nothing = new float[Columns];
        for (var panel = 0; panel < Panels; panel++)
        {
            var to = _data.Pointer + panel * _panelBytes;
            for (var lane = 0; lane < Width; lane++)
            {
                var row = SourceRow(panel, lane);
                T.Store(to, lane, row < 0 ? nothing : weights.Slice(row * Columns, Columns));
                if (row >= 0 && bias.Length > 0)
                    _bias.Floats[panel * Width + lane] = bias[row];
            }
        }
    }

    // Which row of the given matrix stands in a lane, or -1 for padding.
    private int SourceRow(int panel, int lane)
    {
        var output = _gated ? panel * 16 + lane % 16 : panel * Width + lane;
        return output >= Outputs ? -1 : _gated && lane >= 16 ? Outputs + output : output;
    }
}
