"""Stand-in for MicroPython's `bluetooth` as the ESP32 port 1.29 with NimBLE behaves.

Handles, values, buffers and notify credits live here, so every call answers at once; the attribute protocol
and the link are the radio's (radio.py), over one ordered path of frames. Sources: extmod/modbluetooth.c,
extmod/nimble/modbluetooth_nimble.c.
"""

import struct
import sys

import _host
from micropython import const
from uctypes import addressof

FLAG_BROADCAST = const(0x0001)
FLAG_READ = const(0x0002)
FLAG_WRITE_NO_RESPONSE = const(0x0004)
FLAG_WRITE = const(0x0008)
FLAG_NOTIFY = const(0x0010)
FLAG_INDICATE = const(0x0020)
FLAG_AUTHENTICATED_SIGNED_WRITE = const(0x0040)
FLAG_AUX_WRITE = const(0x0100)
FLAG_READ_ENCRYPTED = const(0x0200)
FLAG_READ_AUTHENTICATED = const(0x0400)
FLAG_READ_AUTHORIZED = const(0x0800)
FLAG_WRITE_ENCRYPTED = const(0x1000)
FLAG_WRITE_AUTHENTICATED = const(0x2000)
FLAG_WRITE_AUTHORIZED = const(0x4000)

# errno of the ESP32's C library, where they differ from MicroPython's own
_ENOMEM = const(12)
_EBUSY = const(16)
_ENODEV = const(19)
_EINVAL = const(22)
_EALREADY = const(120)
_ENOTCONN = const(128)

_MAX_CONNECTIONS = const(4)  # MICROPY_PY_BLUETOOTH, CONFIG_BT_NIMBLE_MAX_CONNECTIONS
_FIRST_HANDLE = const(19)  # the first service of the firmware on the ESP32, after GAP and GATT
_DEFAULT_BUFFER = const(20)  # MP_BLUETOOTH_DEFAULT_ATTR_LEN
_DEFAULT_MTU = const(23)
_BLE_HS_ENOTCONN = const(7)
_NO_CONNECTION = const(0xFFFF)

# Frames to the radio (radio.py has the same table)
_ACTIVE = const(1)
_NAME = const(2)
_MTU = const(3)
_SECURITY = const(4)
_SERVICES = const(5)
_ADVERTISE = const(6)
_ADVERTISE_STOP = const(7)
_SCAN = const(8)
_SCAN_STOP = const(9)
_CONNECT = const(10)
_CONNECT_CANCEL = const(11)
_DISCONNECT = const(12)
_NOTIFY = const(13)
_INDICATE = const(14)
_UPDATED = const(15)
_REPLY = const(16)
_EXCHANGE_MTU = const(17)
_DISCOVER_SERVICES = const(18)
_DISCOVER_CHARACTERISTICS = const(19)
_DISCOVER_DESCRIPTORS = const(20)
_READ = const(21)
_WRITE = const(22)
_PAIR = const(23)
_PASSKEY = const(24)
_SECRET = const(25)

# Frames from the radio that are not events by themselves
_CREDIT = const(0xA1)
_REMOTE_READ = const(0xA2)
_REMOTE_WRITE = const(0xA3)
_GET_SECRET = const(0xA4)
_SET_SECRET = const(0xA5)

_frame = bytearray(1200)
_view = memoryview(_frame)
_header = bytearray(24)
_POISON = bytes([0xDD] * 32)
_EMPTY = b""


class UUID(bytes):
    def __init__(self, value):
        if isinstance(value, int):
            if not 0 <= value <= 0xFFFF:
                raise ValueError("invalid UUID")
            value = struct.pack("<H", value)
        elif isinstance(value, str) and len(value) not in (2, 4, 16):  # those are raw bytes, as on the chip
            digits = value.replace("-", "")
            if len(digits) != 32:
                raise ValueError("invalid UUID")
            value = bytes(reversed(bytes.fromhex(digits)))
        else:
            value = value.encode() if isinstance(value, str) else bytes(value)
            if len(value) not in (2, 4, 16):
                raise ValueError("invalid UUID")
        super().__init__(value)

    def __len__(self):
        return len(bytes(self))

    def __eq__(self, other):
        return isinstance(other, UUID) and bytes(self) == bytes(other)

    def __hash__(self):
        return hash(bytes(self))

    def __repr__(self):
        raw = bytes(self)
        if len(raw) == 2:
            return "UUID(0x%04x)" % (raw[0] | raw[1] << 8)
        h = bytes(reversed(raw)).hex()
        if len(raw) == 4:
            return "UUID(0x%s)" % h
        return "UUID('%s-%s-%s-%s-%s')" % (h[:8], h[8:12], h[12:16], h[16:20], h[20:])

    __str__ = __repr__


def _raw(data):
    if isinstance(data, (bytes, bytearray, memoryview)):
        return data
    return data.encode() if isinstance(data, str) else bytes(data)


def _send(layout, *fields, data=_EMPTY, size=-1):
    struct.pack_into(layout, _header, 0, *fields)
    data = _raw(data)
    if size < 0:
        size = len(data)
    _host.ble_send(addressof(_header), struct.calcsize(layout), addressof(data) if size else 0, size)


class _Attribute:
    __slots__ = ("append", "size", "value")

    def __init__(self):
        self.value = _EMPTY
        self.size = _DEFAULT_BUFFER
        self.append = False


_ble = None


class BLE:
    def __new__(cls):
        global _ble
        if _ble is None:
            _ble = object.__new__(cls)
            _ble._start()
        return _ble

    def _start(self):
        self._active = False
        self._handler = None
        self._attributes = {}
        self._mtus = {}  # of each connection
        self._indicating = {}
        self._connecting = self._scanning = self._advertising = False
        self._name = b"MPY ESP32"
        self._mtu = 256
        self._rxbuf = 256
        self._security = [0, 0, 3, 0]  # bond, mitm, io (no input, no output), le_secure
        self._credits = self._queue = _host.ble_queue()
        _host.ble_on_frame(_receive)

    def _need(self, connection=None):
        if not self._active:
            raise OSError(_ENODEV)
        if connection is not None and connection not in self._mtus:
            raise OSError(_ENOTCONN)

    def active(self, on=None):
        if on is not None and bool(on) != self._active:
            self._active = bool(on)
            _send("<BB", _ACTIVE, self._active)
            self._forget()
        return self._active

    def _forget(self):
        self._mtus.clear()
        self._indicating.clear()
        self._attributes.clear()
        self._credits = self._queue
        self._connecting = self._scanning = self._advertising = False

    def irq(self, handler):
        self._handler = handler

    def config(self, *names, **values):
        if names:
            return self._setting(names[0])
        for name, value in values.items():
            if name == "gap_name":
                self._name = bytes(_raw(value))
                _send("<B", _NAME, data=self._name)
            elif name == "mtu":
                if not 23 <= value <= 527:  # BLE_ATT_MTU_MAX
                    raise OSError(_EINVAL)
                self._mtu = value
                _send("<BH", _MTU, value)
            elif name == "rxbuf":
                self._rxbuf = value
            elif name == "addr_mode" and value == 0:
                pass  # the public address, the only one that is modelled
            elif name in ("bond", "mitm", "io", "le_secure"):
                self._security[("bond", "mitm", "io", "le_secure").index(name)] = int(value)
                _send("<BBBBB", _SECURITY, *self._security)
            else:
                raise ValueError("unknown config param")

    def _setting(self, name):
        if name == "mac":
            self._need()
            mac = bytearray(6)
            _host.ble_mac(addressof(mac))
            return (0, bytes(mac))
        if name == "gap_name":
            return self._name
        if name == "mtu":
            return self._mtu
        if name == "rxbuf":
            return self._rxbuf
        raise ValueError("unknown config param")

    # GAP

    def gap_advertise(self, interval_us, adv_data=None, *, resp_data=None, connectable=True):
        self._need()
        if interval_us is None:
            self._advertising = False
            _send("<B", _ADVERTISE_STOP)
            return
        sizes = []
        for data in (adv_data, resp_data):
            if data is not None and len(data) > 31:
                raise OSError(_EINVAL)
            sizes.append(255 if data is None else len(data))
        if connectable and len(self._mtus) >= _MAX_CONNECTIONS:
            raise OSError(_ENOMEM)
        self._advertising = True
        data = bytes(_raw(adv_data or _EMPTY)) + bytes(_raw(resp_data or _EMPTY))
        _send("<BIBBB", _ADVERTISE, interval_us, bool(connectable), *sizes, data=data)

    def gap_scan(self, duration_ms, interval_us=1280000, window_us=11250, active=False):
        self._need()
        if duration_ms is None:
            if self._scanning:
                self._scanning = False
                _send("<B", _SCAN_STOP)
                self._emit(6, ())
            return
        if self._scanning:
            raise OSError(_EALREADY)
        if self._connecting:
            raise OSError(_EBUSY)
        self._scanning = True
        _send("<BIIIB", _SCAN, duration_ms, interval_us, window_us, bool(active))

    def gap_connect(
        self, addr_type, addr=None, scan_duration_ms=2000, min_conn_interval_us=0, max_conn_interval_us=0
    ):
        self._need()
        if addr_type is None:
            _send("<B", _CONNECT_CANCEL)
            return
        if self._connecting:
            raise OSError(_EALREADY)
        if self._scanning:
            raise OSError(_EBUSY)
        if len(self._mtus) >= _MAX_CONNECTIONS:
            raise OSError(_ENOMEM)
        if len(addr) != 6:
            raise ValueError("invalid addr")
        self._connecting = True
        _send("<BBI", _CONNECT, addr_type, scan_duration_ms, data=addr)

    def gap_disconnect(self, conn_handle):
        self._need()
        if conn_handle not in self._mtus:
            return False
        _send("<BH", _DISCONNECT, conn_handle)
        return True

    def gap_pair(self, conn_handle):
        self._need(conn_handle)
        _send("<BH", _PAIR, conn_handle)

    def gap_passkey(self, conn_handle, action, passkey):
        self._need(conn_handle)
        _send("<BHBI", _PASSKEY, conn_handle, action, passkey)

    # GATT server

    def gatts_register_services(self, services):
        self._need()
        if self._mtus or self._advertising or self._scanning or self._connecting:
            raise OSError(_EBUSY)  # ble_gatts_mutable()
        self._attributes.clear()
        handle = _FIRST_HANDLE
        table = bytearray()
        result = []
        for uuid, characteristics in services:
            table += struct.pack("<BHHB", 0, handle, 0, len(uuid)) + bytes(uuid)
            handle += 1
            handles = []
            for characteristic in characteristics:
                uuid, flags = characteristic[0], characteristic[1]
                handle += 1  # the declaration is before the value
                handle = self._attribute(table, 1, handle, uuid, flags, handles)
                if flags & (FLAG_NOTIFY | FLAG_INDICATE):
                    handle += 1  # NimBLE's own client configuration comes first
                for descriptor in characteristic[2] if len(characteristic) > 2 else ():
                    handle = self._attribute(table, 2, handle, descriptor[0], descriptor[1], handles)
            result.append(tuple(handles))
        _send("<B", _SERVICES, data=table)
        return tuple(result)

    def _attribute(self, table, kind, handle, uuid, flags, handles):
        table += struct.pack("<BHHB", kind, handle, flags, len(uuid)) + bytes(uuid)
        self._attributes[handle] = _Attribute()
        handles.append(handle)
        return handle + 1

    def _find(self, handle):
        self._need()
        attribute = self._attributes.get(handle)
        if attribute is None:
            raise OSError(_EINVAL)
        return attribute

    def gatts_read(self, value_handle):
        attribute = self._find(value_handle)
        value = bytes(attribute.value)
        if attribute.append:
            attribute.value = _EMPTY
        return value

    def gatts_write(self, value_handle, data, send_update=False):
        attribute = self._find(value_handle)
        attribute.value = bytes(_raw(data))
        attribute.size = max(attribute.size, len(attribute.value))
        if send_update:
            _send("<BH", _UPDATED, value_handle)

    def gatts_set_buffer(self, value_handle, len, append=False):
        attribute = self._find(value_handle)
        attribute.size = len
        attribute.append = append
        attribute.value = attribute.value[:len]

    def gatts_notify(self, conn_handle, value_handle, data=None):
        self._need(conn_handle)
        if data is None:
            data = self._find(value_handle).value
        if not self._credits:
            raise OSError(_ENOMEM)
        self._credits -= 1
        data = _raw(data)
        _send(
            "<BHH",
            _NOTIFY,
            conn_handle,
            value_handle,
            data=data,
            size=min(len(data), self._mtus[conn_handle] - 3),
        )

    def gatts_indicate(self, conn_handle, value_handle, data=None):
        self._need(conn_handle)
        data = _raw(self._find(value_handle).value if data is None else data)
        self._indicating[conn_handle] = value_handle  # several in flight: one DONE, as NimBLE
        _send(
            "<BHH",
            _INDICATE,
            conn_handle,
            value_handle,
            data=data,
            size=min(len(data), self._mtus[conn_handle] - 3),
        )

    # GATT client

    def gattc_discover_services(self, conn_handle, uuid=None):
        self._need(conn_handle)
        _send("<BH", _DISCOVER_SERVICES, conn_handle, data=_EMPTY if uuid is None else uuid)

    def gattc_discover_characteristics(self, conn_handle, start_handle, end_handle, uuid=None):
        self._need(conn_handle)
        data = _EMPTY if uuid is None else uuid
        _send("<BHHH", _DISCOVER_CHARACTERISTICS, conn_handle, start_handle, end_handle, data=data)

    def gattc_discover_descriptors(self, conn_handle, start_handle, end_handle):
        self._need(conn_handle)
        _send("<BHHH", _DISCOVER_DESCRIPTORS, conn_handle, start_handle, end_handle)

    def gattc_read(self, conn_handle, value_handle):
        self._need(conn_handle)
        _send("<BHH", _READ, conn_handle, value_handle)

    def gattc_write(self, conn_handle, value_handle, data, mode=0):
        self._need(conn_handle)
        data = _raw(data)
        size = min(len(data), self._mtus[conn_handle] - 3)
        _send("<BHHB", _WRITE, conn_handle, value_handle, mode, data=data, size=size)

    def gattc_exchange_mtu(self, conn_handle):
        self._need(conn_handle)
        _send("<BHH", _EXCHANGE_MTU, conn_handle, self._mtu)

    # Events

    def _emit(self, event, data):
        if self._handler:
            try:
                return self._handler(event, data)
            except Exception as error:
                print("Unhandled exception in IRQ callback handler")
                sys.print_exception(error)
        return None

    def _take(self, size):
        kind = _frame[0]
        unpack = struct.unpack_from
        if kind == _CREDIT:
            self._credits = min(self._queue, self._credits + _frame[1])
        elif not self._active:
            pass
        elif kind == _REMOTE_WRITE:
            self._remote_write(size)
        elif kind == _REMOTE_READ:
            self._remote_read()
        elif kind == _GET_SECRET:
            self._get_secret(size)
        elif kind == _SET_SECRET:
            self._set_secret(size)
        elif kind in (1, 2, 7, 8):
            self._connection_event(kind)
        elif kind == 5:  # SCAN_RESULT
            if self._scanning:
                address_type, _, event_type, rssi = unpack("<B6sBb", _frame, 1)
                self._emit(5, (address_type, _view[2:8], event_type, rssi, _view[10:size]))
        elif kind == 6:  # SCAN_DONE
            if self._scanning:
                self._scanning = False
                self._emit(6, ())
        elif kind == 9:
            self._emit(9, unpack("<HHH", _frame, 1) + (UUID(_view[7:size]),))
        elif kind == 11:
            self._emit(11, unpack("<HHHB", _frame, 1) + (UUID(_view[8:size]),))
        elif kind == 13:
            self._emit(13, unpack("<HH", _frame, 1) + (UUID(_view[5:size]),))
        elif kind in (15, 18, 19):
            self._emit(kind, unpack("<HH", _frame, 1) + (_view[5:size],))
        elif kind in (10, 12, 14):
            self._emit(kind, unpack("<HH", _frame, 1))
        elif kind in (16, 17):
            self._emit(kind, unpack("<HHH", _frame, 1))
        elif kind == 20:  # INDICATE_DONE
            done = unpack("<HHH", _frame, 1)
            if self._indicating.pop(done[0], None) is not None:
                self._emit(20, done)
        elif kind == 21:  # MTU_EXCHANGED
            exchanged = unpack("<HH", _frame, 1)
            if exchanged[0] in self._mtus:
                self._mtus[exchanged[0]] = exchanged[1]
                self._emit(21, exchanged)
        elif kind == 27:
            self._emit(27, unpack("<HHHHH", _frame, 1))
        elif kind == 28:
            connection, encrypted, authenticated, bonded, key_size = unpack("<HBBBB", _frame, 1)
            self._emit(28, (connection, bool(encrypted), bool(authenticated), bool(bonded), key_size))
        elif kind == 31:
            self._emit(31, unpack("<HBI", _frame, 1))
        else:
            raise NotImplementedError("radio frame %d" % kind)

    def _connection_event(self, event):
        connection, address_type = struct.unpack_from("<HB", _frame, 1)
        if event in (7, 8) and (event == 7 or connection == _NO_CONNECTION):
            self._connecting = False
        if event in (1, 7):
            self._mtus[connection] = _DEFAULT_MTU
        else:
            handle = self._indicating.pop(connection, None)
            if handle is not None:
                self._emit(20, (connection, handle, _BLE_HS_ENOTCONN))
            self._mtus.pop(connection, None)
        if event in (1, 2):
            self._advertising = False
        self._emit(event, (connection, address_type, _view[4:10]))

    def _remote_write(self, size):
        connection, handle, answer = struct.unpack_from("<HHB", _frame, 1)
        attribute = self._attributes.get(handle)
        status = 0
        if attribute is None:
            status = 1
        else:
            data = _view[6:size]
            if attribute.append:
                attribute.value += bytes(data[: max(0, attribute.size - len(attribute.value))])
            else:
                attribute.value = bytes(data[: attribute.size])
            self._emit(3, (connection, handle))
        if answer:
            _send("<BHHB", _REPLY, connection, handle, status)

    def _remote_read(self):
        connection, handle = struct.unpack_from("<HH", _frame, 1)
        attribute = self._attributes.get(handle)
        status = 1 if attribute is None else 0
        if attribute is not None and connection != _NO_CONNECTION:
            status = self._emit(4, (connection, handle)) or 0
        _send("<BHHB", _REPLY, connection, handle, status, data=_EMPTY if status else attribute.value)

    def _get_secret(self, size):
        token, kind, index = struct.unpack_from("<HBB", _frame, 1)
        value = self._emit(29, (kind, index, _view[5:size] if size > 5 else None))
        _send("<BHB", _SECRET, token, value is not None, data=_EMPTY if value is None else value)

    def _set_secret(self, size):
        token, kind, key_size = struct.unpack_from("<HBB", _frame, 1)
        key, value = _view[5 : 5 + key_size], _view[5 + key_size : size]
        _send("<BHB", _SECRET, token, bool(self._emit(30, (kind, key, value if len(value) else None))))


_receiving = False


def _receive(*_):
    global _receiving
    if _receiving:
        return
    _receiving = True
    try:
        while True:
            size = _host.ble_receive(addressof(_frame), len(_frame))
            if not size:
                return
            _ble._take(size)
            _view[:32] = _POISON  # a view kept after its IRQ must not look valid
    finally:
        _receiving = False
