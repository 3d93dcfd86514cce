using Puzzle.Core.Variants;
using static TorchSharp.torch;

namespace Puzzle.Core.Models;

// B batch, T new tokens, S all positions a query may see (cached and new), H head_dim

/// <summary>
/// What every attention layer of one forward pass needs to know: where the tokens stand (RoPE), what they may see
/// (masks, one for each window in use) and where their keys and values go (cache). Lives for one pass.
/// </summary>
public sealed class ForwardContext : IDisposable
{
    private readonly Dictionary<(int?, int), Tensor> _masks = [];
    private readonly Tensor? _valid_BS;
    private readonly Tensor? _position_BT;
    private readonly Tensor? _branch_BT;
    private readonly long _newTokens;
    private readonly long _allTokens;
    private readonly Device _device;

    internal ForwardContext(Tensor cos, Tensor sin, long newTokens, long allTokens, Tensor? valid_BS, KvCache? cache, Device device)
    {
        (Cos, Sin, Cache, _valid_BS, _newTokens, _allTokens, _device) = (cos.DetachFromDisposeScope(), sin.DetachFromDisposeScope(), cache, valid_BS?.DetachFromDisposeScope(), newTokens, allTokens, device);
    }

    /// <summary>Rows that hold a shared start (branch 0) and several continuations of it (branches 1, 2, ...) one behind the other.</summary>
    internal ForwardContext(Tensor cos, Tensor sin, Tensor position_BT, Tensor branch_BT, Device device)
        : this(cos, sin, branch_BT.shape[1], branch_BT.shape[1], null, null, device) => (_position_BT, _branch_BT) = (position_BT, branch_BT);

    /// <summary>Broadcasts against [B, heads, T, H].</summary>
    public Tensor Cos { get; }

    /// <summary>Broadcasts against [B, heads, T, H].</summary>
    public Tensor Sin { get; }

    /// <summary>Keys and values of earlier tokens, or null.</summary>
    public KvCache? Cache { get; }

    /// <summary>Attention of q [B, N, T, H] over k, v [B, K, S, H] as the spec's window and the padding allow.</summary>
    public Tensor Attend(GroupedQuerySpec spec, Tensor q_BNTH, Tensor k_BKSH, Tensor v_BKSH)
    {
        var windowed = spec.Window is { } window && window < _allTokens;
        if (_valid_BS is null && _branch_BT is null && !windowed)
        {
            if (_newTokens == _allTokens)
                return Operators.AttendCausal(q_BNTH, k_BKSH, v_BKSH);
            if (_newTokens == 1)
                return Operators.AttendAll(q_BNTH, k_BKSH, v_BKSH);
        }

        var key = windowed ? (spec.Window, spec.Sinks) : (null, 0);
        if (!_masks.TryGetValue(key, out var mask))
            _masks[key] = mask = Mask(key.Item1, key.Item2).DetachFromDisposeScope(); // outlives the layer that asked first
        return Operators.AttendMasked(q_BNTH, k_BKSH, v_BKSH, mask);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var mask in _masks.Values)
            mask.Dispose();
        Cos.Dispose();
        Sin.Dispose();
        _valid_BS?.Dispose();
    }

    // Rows and columns are places in the cache; a window counts the row's own tokens, so padding does not use it up.
    private Tensor Mask(int? window, int sinks)
    {
        using var scope = NewDisposeScope();
        return Build(window, sinks).MoveToOuterDisposeScope();
    }

    private Tensor Build(int? window, int sinks)
    {
        var row_T1 = arange(Held.Number(_allTokens - _newTokens), Held.Number(_allTokens), ScalarType.Int64, device: _device).unsqueeze(1);
        var column_1S = arange(Held.Number(_allTokens), ScalarType.Int64, device: _device).unsqueeze(0);
        var mask_TS = column_1S <= row_T1;
        if (_branch_BT is not null)
            return Branches(mask_TS, window, sinks);
        if (_valid_BS is null)
            return window is { } w ? mask_TS & ((row_T1 - column_1S < Held.Number(w)) | (column_1S < Held.Number(sinks))) : mask_TS;

        var mask_BTS = mask_TS.unsqueeze(0) & _valid_BS.unsqueeze(1);
        if (window is { } width)
        {
            var position_BS = _valid_BS.to(ScalarType.Int64).cumsum(1) - Held.Number(1);
            var query_BT1 = position_BS.narrow(1, _allTokens - _newTokens, _newTokens).unsqueeze(2);
            var key_B1S = position_BS.unsqueeze(1);
            mask_BTS = mask_BTS & ((query_BT1 - key_B1S < Held.Number(width)) | (key_B1S < Held.Number(sinks)));
        }

        // A padding position sees itself: a row without any key would be NaN.
        return (mask_BTS | (column_1S == row_T1).unsqueeze(0)).unsqueeze(1);
    }

    // A token sees the shared start and its own branch up to itself.
    private Tensor Branches(Tensor mask_TT, int? window, int sinks)
    {
        var (key_B1T, query_BT1) = (_branch_BT!.unsqueeze(1), _branch_BT.unsqueeze(2));
        var mask_BTT = mask_TT.unsqueeze(0) & ((key_B1T.eq(Held.Number(0))) | (key_B1T == query_BT1));
        if (window is { } width)
            mask_BTT = mask_BTT & ((_position_BT!.unsqueeze(2) - _position_BT.unsqueeze(1) < Held.Number(width)) | (_position_BT.unsqueeze(1) < Held.Number(sinks)));
        return mask_BTT.unsqueeze(1);
    }
}
