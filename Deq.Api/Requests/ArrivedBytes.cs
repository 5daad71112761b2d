using System.Buffers;
using Deq.Api.Access;

namespace Deq.Api.Requests;

/// <summary>Bytes that come one after another, kept in pieces: a large array that grows by copies is what makes the memory's collector stop every thread.</summary>
/// <param name="announced">The length that was announced, bytes; null when none.</param>
/// <param name="share">Accounts for the memory.</param>
/// <param name="isReceived">Whether they count by the client's rate of bytes, rather than being made of what did.</param>
internal sealed class ArrivedBytes(long? announced, HeldBodies.Share share, bool isReceived = true) : IDisposable
{
    private const int FirstBytes = 16 << 10;

    /// <summary>Below the size from which arrays are collected with the oldest objects alone.</summary>
    private const int PieceBytes = 64 << 10;

    /// <summary>A length announced is believed up to here, so that bytes of common number are read into their place at once.</summary>
    private const int MostBelieved = 256 << 10;

    private readonly List<byte[]> _pieces = [];
    private readonly byte[] _next = new byte[1];
    private readonly ClientQuota? _quota = isReceived ? share.Quota : null;

    /// <summary>Bytes that are free in the last piece.</summary>
    private int _free;

    /// <summary>Bytes that the share accounts for.</summary>
    private long _held;

    public int Length { get; private set; }

    /// <summary>Where the next bytes may be written, at least one; see <see cref="Advance"/>.</summary>
    /// <exception cref="Problems.ProblemException">The client's share is used up.</exception>
    public Memory<byte> Room() => _pieces.Count == 0 ? Grown() : _free > 0 ? _pieces[^1].AsMemory(Size(_pieces.Count - 1) - _free) : _next;

    /// <summary>Keeps what was written into <see cref="Room"/>.</summary>
    /// <exception cref="Problems.ProblemException">The client's share is used up.</exception>
    public void Advance(int count)
    {
        if (_free == 0 && count > 0)
        {
            // All had been full, and this byte shows that it was not everything.
            Append(_next);
            return;
        }

        _quota?.Received(count);
        (_free, Length) = (_free - count, Length + count);
    }

    /// <summary>Keeps a copy.</summary>
    /// <exception cref="Problems.ProblemException">The client's share is used up.</exception>
    public void Append(ReadOnlySpan<byte> come)
    {
        _quota?.Received(come.Length);
        while (come.Length > 0)
        {
            Memory<byte> room = _free > 0 ? Room() : Grown();
            int count = Math.Min(room.Length, come.Length);
            come[..count].CopyTo(room.Span);
            (_free, Length) = (_free - count, Length + count);
            come = come[count..];
        }
    }

    /// <summary>All of them in one array, which the share accounts for from now on.</summary>
    public byte[] ToArray()
    {
        if (_pieces is [var only] && only.Length == Length)
        {
            return only;
        }

        byte[] all = GC.AllocateUninitializedArray<byte>(Length);
        CopyTo(all);
        return all;
    }

    /// <summary>All of them, until the share is disposed: where they are many, in memory that it lends, and the pieces are given back. Called last.</summary>
    public ReadOnlyMemory<byte> ToMemory()
    {
        if (_pieces.Count < 2)
        {
            return _pieces is [var only] ? only.AsMemory(0, Length) : default;
        }

        byte[] all = share.Lend(Length, _held);
        CopyTo(all);
        Dispose();
        return all.AsMemory(0, Length);
    }

    public void Dispose()
    {
        foreach (byte[] piece in _pieces.Skip(1))
        {
            ArrayPool<byte>.Shared.Return(piece);
        }

        _pieces.Clear();
        (_free, _held) = (0, 0);
    }

    private void CopyTo(Span<byte> all)
    {
        for ((int piece, int at) = (0, 0); at < Length; at += Size(piece++))
        {
            _pieces[piece].AsSpan(0, Math.Min(Size(piece), Length - at)).CopyTo(all[at..]);
        }
    }

    private int Size(int piece) => piece == 0 ? _pieces[0].Length : PieceBytes;

    private Memory<byte> Grown()
    {
        int bytes = _pieces.Count > 0 ? PieceBytes : announced is > 0 and <= MostBelieved ? (int)announced : FirstBytes;
        long held = announced > Length ? Math.Min(bytes, announced.Value - Length) : bytes;
        share.Add(held);
        _held += held;
        byte[] piece = _pieces.Count > 0 ? ArrayPool<byte>.Shared.Rent(bytes) : GC.AllocateUninitializedArray<byte>(bytes);
        _pieces.Add(piece);
        _free = bytes;
        return piece.AsMemory(0, bytes);
    }
}
