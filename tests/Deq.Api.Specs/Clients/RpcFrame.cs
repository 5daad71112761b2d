using System.Buffers.Binary;

namespace Deq.Api.Specs.Clients;

/// <summary>A message of gRPC as it is sent.</summary>
internal static class RpcFrame
{
    /// <summary>The message after its head of five bytes: whether it is compressed, and its length.</summary>
    public static byte[] Of(byte[] message, bool isCompressed = false) =>
        [isCompressed ? (byte)1 : (byte)0, .. BitConverter.GetBytes(BinaryPrimitives.ReverseEndianness(message.Length)), .. message];
}
